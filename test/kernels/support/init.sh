#!/bin/busybox sh
# The first process of the emulated machine. It does what /plan says and sends
# /out through the second serial port as a tar archive.
busybox=/bin/busybox
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sys /sys
$busybox mount -t devtmpfs dev /dev
$busybox --install -s /bin
export PATH=/bin LC_ALL=C PYTHONDONTWRITEBYTECODE=1

# try NAME SECONDS MARK SCRIPT COMMAND...: records COMMAND SCRIPT, which says a
# line when it is ready, and tells it "mark" meanwhile when MARK is yes.
try() {
  out=/out/$1 seconds=$2 mark=$3 script=$4
  shift 4
  echo "$out: $* $script"
  mkdir -p "$out"
  mkfifo /in
  "$@" "$script" </in >"$out/said" 2>"$out/errors" &
  program=$!
  exec 3>/in
  until [ -s "$out/said" ]; do
    kill -0 $program 2>/dev/null || break
    sleep 0.1
  done
  emberline-helper record --pid $program --duration "${seconds}s" --frequency 499 \
    --output "$out/stacks" --stats "$out/stats" 2>"$out/complaints" &
  recorder=$!
  if [ "$mark" = yes ]; then
    # The timer is the last that it opens before it looks for processes.
    until ls -l /proc/$recorder/fd | grep -q perf_event; do
      kill -0 $recorder || break
      sleep 0.1
    done
    sleep 1
    echo mark >&3
  fi
  wait $recorder
  echo $? >"$out/status"
  echo end >&3
  exec 3>&-
  wait $program
  rm /in
}

mkdir -p /out
emberline-helper doctor --json >/out/doctor 2>/out/doctor-errors
. /plan
stty -F /dev/ttyS1 raw
tar -c -C /out . >/dev/ttyS1
poweroff -f
