"""What Fairlead measures of itself, beside the bars it set."""
