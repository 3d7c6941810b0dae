"""One folder per technology kit; none of them knows any business."""
