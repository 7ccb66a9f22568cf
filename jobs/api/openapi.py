"""Settings of drf-spectacular: what the OpenAPI document is called and how it is made. Needs no Django."""

OF_A_VIEW: dict[str, object] = {
    "TITLE": "RunAt",
    "DESCRIPTION": "Put jobs into a table; each starts at its run_at, once.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "jobs.api.schema.null_once"],
    "ENUM_NAME_OVERRIDES": {
        "StateEnum": "jobs.states.State",
        "WaitsForEndEnum": "jobs.states.Awaited",
        "CauseEnum": "jobs.states.Cause",
        "AlertRuleKindEnum": "jobs.models.AlertRule.Kind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
SETTINGS = {**OF_A_VIEW, "SERVE_INCLUDE_SCHEMA": False}
