"""What works on this machine, and what to do about what does not.

A check is a function that looks at one thing and gives a `Check`; it is told a function for lines
that a person should see while it takes its time. `examinations` lists those of the machine; those
of the desktop are `ui.app.checks`.
"""
