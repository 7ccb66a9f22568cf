"""MCP, the Model Context Protocol: the tools by which a language model looks at jobs and proposes changes of them.

Read in this order: view (one POST, with REST's tokens), serving (the SDK, which speaks the protocol), tools (the list),
looking (answers by REST's own views), explaining (what REST has no address for), proposing."""
