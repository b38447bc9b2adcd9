package proc

import (
	"regexp"
	"strings"
)

// containerID is 64 hexadecimal digits in a cgroup path, as Docker, containerd,
// CRI-O and Podman name their groups (docker-ID.scope, cri-containerd-ID.scope,
// libpod-ID.scope, /docker/ID).
var containerID = regexp.MustCompile(`(?:^|[/\-:])([0-9a-f]{64})(?:\.scope)?(?:/|$)`)

// lxcName is the group of an LXC or systemd-nspawn container.
var lxcName = regexp.MustCompile(`/(?:lxc(?:\.payload)?[./]|machine\.slice/(?:systemd-nspawn@|machine-))([^/]+?)(?:\.service|\.scope)?(?:/|$)`)

// shortID is how many digits of an id its tools show.
const shortID = 12

// Container is a short id of the container that the process runs in, empty outside.
func (p *Process) Container() string {
	data, err := p.read("cgroup")
	if err != nil {
		return ""
	}
	return parseContainer(string(data))
}

func parseContainer(cgroup string) string {
	for line := range strings.Lines(cgroup) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if found := containerID.FindAllStringSubmatch(parts[2], -1); len(found) > 0 {
			return found[len(found)-1][1][:shortID]
		}
		if found := lxcName.FindStringSubmatch(parts[2]); found != nil {
			return found[1]
		}
	}
	return ""
}
