/** Addresses of sources that exist only on the far side (helper/protocol: SourceScheme). Pure. */

export const sourceScheme = "emberline-source";

/** A source as a process on the host sees it. */
export interface RemoteSource {
  /** Absolute. */
  readonly remotePath: string;
  /** Through whose root the path is read. */
  readonly pid: number;
}

/** URI parts for vscode.Uri.from. */
export function sourceUriParts(source: RemoteSource): {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
} {
  return { scheme: sourceScheme, path: source.remotePath, query: `pid=${source.pid}` };
}

/**
 * The URI as the helper parses it. Not vscode.Uri.toString(): that also encodes
 * the "=" of the query, which Go's url.Parse then reads as part of the key.
 */
export function sourceUriText(source: RemoteSource): string {
  const path = source.remotePath.split("/").map(encodeURIComponent).join("/");
  return `${sourceScheme}:${path}?pid=${source.pid}`;
}

/** The reverse of sourceUriParts; undefined for anything else. */
export function parseSourceUri(uri: {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
}): RemoteSource | undefined {
  const pid = /^pid=(\d+)$/.exec(uri.query)?.[1];
  if (uri.scheme !== sourceScheme || pid === undefined || !uri.path.startsWith("/")) {
    return undefined;
  }
  return { remotePath: uri.path, pid: Number(pid) };
}
