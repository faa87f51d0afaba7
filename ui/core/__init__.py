"""The desktop's mind: settings, rules, and the state machine; free of Qt, of threads and of X."""
