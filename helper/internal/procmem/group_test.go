package procmem_test

import "syscall"

// ownGroup lets a program be ended with all that it started.
var ownGroup = &syscall.SysProcAttr{Setpgid: true}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
