/** A setting: what lies under `remotePrefix` on the host is under `localPrefix` here. */
export interface PathMapping {
  readonly remotePrefix: string;
  readonly localPrefix: string;
}

/** A file of the workspace, as the caller knows it. */
export interface WorkspaceFile {
  /** What the caller opens it by, such as a URI. Not looked into. */
  readonly key: string;
  /** Path with `/` or `\` between segments, from the workspace folder's root. */
  readonly relativePath: string;
}

/** A file that may be the one that ran. */
export type PathCandidate =
  | {
      readonly via: "mapping";
      /** Not known to exist: the caller looks. */
      readonly localPath: string;
    }
  | {
      readonly via: "suffix";
      readonly key: string;
      /** Trailing path segments equal to the remote path's, the file name included. */
      readonly matchedSegments: number;
      /** Whether the whole path within the workspace folder matched. */
      readonly isWholePath: boolean;
    };

/**
 * Finds local files for remote paths. Files are looked up by name in an index
 * made once: going through every file for every path cost a peer of ours 10 to
 * 30 seconds on 150,000 look-ups.
 */
export class PathMap {
  readonly #mappings: readonly { readonly remote: readonly string[]; readonly local: string }[];
  readonly #byName = new Map<string, { file: WorkspaceFile; segments: readonly string[] }[]>();
  readonly #fold: (text: string) => string;

  /** `ignoreCase` where the local file system does (Windows, macOS). */
  constructor(
    files: readonly WorkspaceFile[],
    mappings: readonly PathMapping[],
    ignoreCase = false,
  ) {
    this.#fold = ignoreCase ? (text) => text.toLowerCase() : (text) => text;
    this.#mappings = mappings
      .map(({ remotePrefix, localPrefix }) => ({
        remote: remoteSegments(remotePrefix),
        local: localPrefix,
      }))
      .sort((a, b) => b.remote.length - a.remote.length);
    for (const file of files) {
      const segments = file.relativePath
        .split(/[\\/]+/)
        .filter(Boolean)
        .map(this.#fold);
      const name = segments.at(-1);
      if (name === undefined) continue;
      const sameName = this.#byName.get(name);
      if (sameName === undefined) this.#byName.set(name, [{ file, segments }]);
      else sameName.push({ file, segments });
    }
  }

  /**
   * Local files that may be `remotePath`, best first: explicit mappings (the most
   * specific one first), then workspace files by how many trailing segments they
   * share. Segments match whole: `my_app.py` is not `app.py`. Of equal matches
   * one whose whole workspace path matched wins, then the one nearer the root.
   * A path that is no file (`<string>`, `<frozen ...>`) has none.
   */
  candidates(remotePath: string): PathCandidate[] {
    if (/^<.*>$/.test(remotePath)) return [];
    const remote = remoteSegments(remotePath);
    const found: PathCandidate[] = [];
    for (const mapping of this.#mappings) {
      const isUnder = mapping.remote.every((segment, i) => segment === remote[i]);
      if (!isUnder || mapping.remote.length === remote.length) continue;
      const rest = remote.slice(mapping.remote.length);
      found.push({ via: "mapping", localPath: joinLocal(mapping.local, rest) });
    }
    return [...found, ...this.#suffixCandidates(remote.map(this.#fold))];
  }

  #suffixCandidates(remote: readonly string[]): PathCandidate[] {
    const name = remote.at(-1);
    const sameName = name === undefined ? [] : (this.#byName.get(name) ?? []);
    return sameName
      .map(({ file, segments }) => {
        const matchedSegments = commonSuffix(segments, remote);
        const isWholePath = matchedSegments === segments.length;
        return { file, matchedSegments, isWholePath, depth: segments.length };
      })
      .sort(
        (a, b) =>
          b.matchedSegments - a.matchedSegments ||
          Number(b.isWholePath) - Number(a.isWholePath) ||
          a.depth - b.depth ||
          (a.file.relativePath < b.file.relativePath ? -1 : 1),
      )
      .map(({ file, matchedSegments, isWholePath }) => ({
        via: "suffix",
        key: file.key,
        matchedSegments,
        isWholePath,
      }));
  }
}

/** The local file chosen for a remote one. */
export interface ConfirmedPath {
  readonly candidate: PathCandidate;
  /** True when the content is what ran; false when it differs or cannot be compared. */
  readonly isSameContent: boolean;
}

/**
 * Chooses among candidates by content. `hashOf` gives the lower-case hex SHA-256
 * of a candidate's bytes, or null when it does not exist. The first candidate
 * with the remote hash wins, however far down the list; failing that the best
 * one that exists and `isPlausible`, as not the same; failing that null. A remote
 * hash of "" (unknown) confirms nothing.
 */
export async function confirmByContent(
  remotePath: string,
  candidates: readonly PathCandidate[],
  remoteSha256: string,
  hashOf: (candidate: PathCandidate) => Promise<string | null>,
): Promise<ConfirmedPath | null> {
  let fallback: PathCandidate | null = null;
  for (const candidate of candidates) {
    const hash = await hashOf(candidate);
    if (hash === null) continue;
    if (remoteSha256 !== "" && hash === remoteSha256) return { candidate, isSameContent: true };
    if (fallback === null && isPlausible(remotePath, candidate)) fallback = candidate;
  }
  return fallback === null ? null : { candidate: fallback, isSameContent: false };
}

/**
 * Whether a candidate may be shown for a remote file without equal content. A
 * mapping may: the user said so. A workspace file may when the match is more
 * than a file name, or when it lies at the workspace's root, as `app.py` deployed
 * to `/srv/app.py` does. Files of the standard library and of installed packages
 * may not: their `utils.py` is hardly ever the workspace's.
 */
export function isPlausible(remotePath: string, candidate: PathCandidate): boolean {
  if (candidate.via === "mapping") return true;
  if (/\/(site-packages|dist-packages|lib\/python3[^/]*)\//.test(remotePath)) return false;
  return candidate.matchedSegments >= 2 || candidate.isWholePath;
}

// The host is Linux: a backslash is a letter of a file name there.
function remoteSegments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

function joinLocal(prefix: string, rest: readonly string[]): string {
  const separator = prefix.includes("\\") && !prefix.includes("/") ? "\\" : "/";
  const trimmed = prefix.replace(/[\\/]+$/, "");
  return [trimmed, ...rest].join(separator);
}

function commonSuffix(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a.at(-1 - length) === b.at(-1 - length)) {
    length++;
  }
  return length;
}
