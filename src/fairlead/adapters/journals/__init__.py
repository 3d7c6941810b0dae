"""Output journals as files of frames."""
