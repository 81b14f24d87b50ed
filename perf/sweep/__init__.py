"""Every budgeted document timed by itself, asked over HTTP as the gate's flows ask it."""
