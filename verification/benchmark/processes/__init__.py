"""The real processes of a benchmark or a drill: started, told to stop, measured, and read for what they said."""
