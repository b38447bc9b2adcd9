/** The workspace's Python files, listed once and again only after files came or went. */
import { createHash } from "node:crypto";
import * as vscode from "vscode";
import { PathMap, type PathMapping } from "../core/pathMap";
import { onSettingChange, readSetting } from "./settings";

const pattern = "**/*.{py,pyw}";

/** More files than this are a mistake (a home folder opened as workspace); the listing stays under a second. */
const FILES_MAX = 50_000;

/** A file above this is not hashed: no Python source is that large, and reading blocks the extension host. */
const HASHED_BYTES_MAX = 8 * 1024 * 1024;

export class WorkspaceFiles implements vscode.Disposable {
  #pathMap: Promise<PathMap> | undefined;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[];

  /** Files came or went, or mappings changed: what was not found before may be there now. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern, false, true, false);
    const forget = () => {
      if (this.#pathMap === undefined) return;
      this.#pathMap = undefined;
      this.#changed.fire();
    };
    this.#disposables = [
      watcher,
      watcher.onDidCreate(forget),
      watcher.onDidDelete(forget),
      vscode.workspace.onDidChangeWorkspaceFolders(forget),
      onSettingChange(["pathMappings"], forget),
      this.#changed,
    ];
  }

  pathMap(): Promise<PathMap> {
    this.#pathMap ??= buildPathMap();
    return this.#pathMap;
  }

  dispose(): void {
    for (const disposable of this.#disposables.toReversed()) disposable.dispose();
  }
}

/** A file's bytes through VS Code, so that virtual and remote workspaces work; null when it cannot be read. */
export async function readBytes(uri: vscode.Uri): Promise<Uint8Array | null> {
  try {
    const stat = await vscode.workspace.fs.stat(uri);
    if (stat.type === vscode.FileType.Directory || stat.size > HASHED_BYTES_MAX) return null;
    return await vscode.workspace.fs.readFile(uri);
  } catch {
    return null;
  }
}

/** Lower-case hex SHA-256, as the helper gives it for remote files. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The URI a mapping's local path means: in the workspace's own file system. */
export function localUri(localPath: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = vscode.Uri.file(localPath);
  return folder === undefined || folder.scheme === "file" ? file : folder.with({ path: file.path });
}

async function buildPathMap(): Promise<PathMap> {
  const uris = await vscode.workspace.findFiles(pattern, undefined, FILES_MAX);
  const files = uris.map((uri) => ({
    key: uri.toString(),
    relativePath: vscode.workspace.asRelativePath(uri, false),
  }));
  const ignoresCase = process.platform === "win32" || process.platform === "darwin";
  return new PathMap(files, readMappings(), ignoresCase);
}

function readMappings(): PathMapping[] {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const mappings = readSetting("pathMappings", folder?.uri);
  return Object.entries(mappings).map(([remotePrefix, local]) => ({
    remotePrefix,
    localPrefix: local.replaceAll("${workspaceFolder}", folder?.uri.fsPath ?? ""),
  }));
}
