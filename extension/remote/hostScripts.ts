/**
 * The shell scripts that run on the host, as text: pure, and each one line,
 * because csh as a login shell cannot take a line break inside quotes.
 * Only POSIX sh and coreutils or busybox are expected there.
 */
import { quoteShell } from "./commandHost";

/** Exit statuses of the scripts here that mean something of their own. */
export const scriptExit = {
  placeNotWritable: 81,
  writeFailed: 82,
  hashMismatch: 83,
  renameFailed: 84,
  doesNotRun: 85,
  tampered: 90,
  noHashTool: 91,
  noRootPlace: 92,
  unreadableByRoot: 93,
} as const;

/** hash FILE: prints the SHA-256 of its content, or nothing when no tool can tell. */
const HASH_FUNCTION =
  'hash() { { if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; ' +
  'elif command -v shasum >/dev/null 2>&1; then shasum -a 256 <"$1"; ' +
  'elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"; fi; } | cut -c1-64; }';

/** private DIR: makes it ours alone; false when it is a link or somebody else's. */
const PRIVATE_FUNCTION =
  'private() { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && chmod 700 "$1"; }';

/** Directories that may hold the helper, best first: the user's cache, then the two shared ones. */
const PLACES =
  'case "${XDG_CACHE_HOME-}" in /*) c=$XDG_CACHE_HOME;; *) c=${HOME:-/nonexistent}/.cache;; esac; u=$(id -u); ' +
  'set -- "$c/emberline" "/var/tmp/emberline-$u" "/tmp/emberline-$u"';

const SUDO_PATHS = "/usr/bin/sudo /bin/sudo /usr/local/bin/sudo /run/wrappers/bin/sudo";

/** The helper's directory inside a place; old and new versions live side by side. */
export function helperDirName(sha256: string): string {
  return `helper-${sha256.slice(0, 16)}`;
}

export const HELPER_FILE = "emberline-helper";

/**
 * Prints what is known about the host, one `key value` a line: system, machine,
 * uid, user, capabilities (hex), sudo (its path), then `present FILE` when the right helper is
 * there, else `place DIR` or `unfit DIR why` for each directory.
 * The directory is tried by running a file in it: that is what noexec forbids;
 * what was made for that is taken away again, but for the first place that is fit:
 * it is about to be used, and another client may be in it already.
 */
export function probeScript(
  wantedByMachine: Readonly<Record<string, string>>,
  outsideHome = false,
): string {
  const cases = Object.entries(wantedByMachine).map(
    ([machine, sha256]) => `${quoteShell(machine)}) want=${sha256};;`,
  );
  return [
    "umask 077",
    HASH_FUNCTION,
    PRIVATE_FUNCTION,
    'echo "system $(uname -s)"',
    'echo "machine $(uname -m)"',
    'echo "uid $(id -u)"',
    'echo "user $(id -un)"',
    // Those of sed, which are those the helper would have: it is executed just the same.
    "sed -n 's/^CapEff:[[:space:]]*/capabilities /p' /proc/self/status 2>/dev/null",
    `for s in ${SUDO_PATHS}; do if [ -x "$s" ]; then echo "sudo $s"; break; fi; done`,
    `case "$(uname -m)" in ${cases.join(" ")} *) exit 0;; esac`,
    PLACES,
    // The first is the one in the home.
    outsideHome ? "shift" : ":",
    "d=helper-$(echo $want | cut -c1-16)",
    `for p in "$@"; do f="$p/$d/${HELPER_FILE}"; ` +
      'if private "$p" 2>/dev/null && private "$p/$d" 2>/dev/null && [ -f "$f" ] && [ ! -L "$f" ] && [ -O "$f" ] && [ -x "$f" ] && ' +
      '[ "$(hash "$f")" = "$want" ]; then echo "present $f"; exit 0; fi; done',
    'g=; for p in "$@"; do mkdir -p "$p" 2>/dev/null; ' +
      'if ! private "$p" 2>/dev/null; then echo "unfit $p cannot be made or is not private"; continue; fi; ' +
      't="$p/.try.$$"; if ! { echo "#!/bin/sh" >"$t" && chmod 700 "$t"; } 2>/dev/null; then echo "unfit $p not writable"; ' +
      'elif "$t" 2>/dev/null; then echo "place $p"; g=${g:-$p}; else echo "unfit $p mounted noexec"; fi; ' +
      'rm -f "$t"; [ "$g" = "$p" ] || rmdir "$p" 2>/dev/null; done',
    "exit 0",
  ].join("; ");
}

/**
 * Takes the helper from stdin into PLACE. It appears under its name only when it
 * is whole, is the right one and runs, so a cut line or two clients at once do
 * no harm. Helpers of versions not installed for 30 days are cleared away.
 */
export function uploadScript(place: string, sha256: string): string {
  const { placeNotWritable, writeFailed, hashMismatch, renameFailed, doesNotRun, noHashTool } =
    scriptExit;
  return [
    "umask 077",
    HASH_FUNCTION,
    PRIVATE_FUNCTION,
    `p=${quoteShell(place)}`,
    `d="$p/${helperDirName(sha256)}"`,
    `mkdir -p "$p" && private "$p" && mkdir -p "$d" && private "$d" || exit ${placeNotWritable}`,
    't="$d/.upload.$$"',
    "trap 'rm -f \"$t\"' EXIT",
    "trap 'exit 1' HUP INT TERM",
    `cat >"$t" || exit ${writeFailed}`,
    'h=$(hash "$t")',
    `[ -n "$h" ] || exit ${noHashTool}`,
    `[ "$h" = ${sha256} ] || exit ${hashMismatch}`,
    `chmod 755 "$t" && "$t" version </dev/null >/dev/null || exit ${doesNotRun}`,
    `mv -f "$t" "$d/${HELPER_FILE}" || exit ${renameFailed}`,
    `find "$p" -maxdepth 1 -name "helper-*" ! -name "${helperDirName(sha256)}" -mtime +30 -exec rm -rf {} + 2>/dev/null`,
    "exit 0",
  ].join("; ");
}

/** Runs FILE as the user we are, after looking once more whether it is the right one. */
export function directStartScript(file: string, sha256: string, marker: string): string {
  return [
    HASH_FUNCTION,
    `f=${quoteShell(file)}`,
    'h=$(hash "$f")',
    `[ -n "$h" ] || exit ${scriptExit.noHashTool}`,
    `[ "$h" = ${sha256} ] || exit ${scriptExit.tampered}`,
    `echo ${marker}`,
    'exec "$f" serve',
  ].join("; ");
}

/**
 * What runs as root: $1 the file the user put there, $2 its SHA-256, $3 the
 * marker. The file belongs to the user, so whoever is that user could change it
 * between a check and the start. Root therefore copies it first into a directory
 * that only root can enter, checks the copy, and runs the copy. /run would be the
 * place for it but is mounted noexec on Debian. The copy goes when the helper ends;
 * one that was left behind by a power cut or SIGKILL goes at the next start.
 * Only root-owned parents are swept: names in /tmp are anybody's. In a container the
 * same id comes back with every start, so one that bears our own is left over too.
 */
export const ROOT_SCRIPT = [
  "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
  "export PATH",
  "umask 077",
  HASH_FUNCTION,
  `[ -r "$1" ] || exit ${scriptExit.unreadableByRoot}`,
  'for b in /var/lib /root; do for o in "$b"/emberline-root.*; do ' +
    'if [ -d "$o" ] && { [ "${o##*.}" = $$ ] || ! kill -0 "${o##*.}" 2>/dev/null; }; ' +
    'then rm -rf "$o"; fi; done; done',
  'for b in /var/lib /root /var/tmp /tmp; do d="$b/emberline-root.$$"; mkdir "$d" 2>/dev/null || continue; ' +
    `f="$d/${HELPER_FILE}"; cat "$1" >"$f" 2>/dev/null || { rm -rf "$d"; continue; }; h=$(hash "$f"); ` +
    `[ -n "$h" ] || { rm -rf "$d"; exit ${scriptExit.noHashTool}; }; ` +
    `[ "$h" = "$2" ] || { rm -rf "$d"; exit ${scriptExit.tampered}; }; ` +
    'chmod 700 "$f"; "$f" version </dev/null >/dev/null 2>&1 || { rm -rf "$d"; continue; }; ' +
    // A signal to the group ends the helper; the shell stays to clear away.
    'trap : HUP INT TERM; echo "$3"; "$f" serve; s=$?; rm -rf "$d"; exit $s; done',
  `exit ${scriptExit.noRootPlace}`,
].join("; ");

/** Arguments of /bin/sh for ROOT_SCRIPT; the name before them is what error messages begin with. */
export function rootShellArguments(file: string, sha256: string, marker: string): string[] {
  return ["/bin/sh", "-c", ROOT_SCRIPT, "emberline", file, sha256, marker];
}
