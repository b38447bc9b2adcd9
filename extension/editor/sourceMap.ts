/**
 * Which document shows which sampled source: a workspace file when path and
 * content say so, else a read-only document fetched from the host.
 */
import * as vscode from "vscode";
import { confirmByContent, type PathCandidate } from "../core/pathMap";
import type { HeatModel } from "./heatModel";
import { sourceUriParts } from "./sourceUri";
import { localUri, readBytes, sha256Hex, type WorkspaceFiles } from "./workspaceFiles";

/** Where a source was found. */
interface Location {
  readonly uri: vscode.Uri;
  readonly isLocal: boolean;
}

export class SourceMap implements vscode.Disposable {
  readonly #model: HeatModel;
  readonly #files: WorkspaceFiles;
  /** Unique remote file -> where it is here; a file is looked for once, found or not. */
  readonly #locations = new Map<string, Promise<Location | undefined>>();
  /** Document URI -> the sources it shows. */
  readonly #sources = new Map<string, number[]>();
  readonly #located = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  /** How many of the profile's sources were looked for. */
  #seen = 0;
  /** The profiled host is this machine, so its paths are paths here. */
  #isThisMachine = false;

  /** Sources were newly connected with documents. */
  readonly onDidLocate = this.#located.event;

  constructor(model: HeatModel, files: WorkspaceFiles) {
    this.#model = model;
    this.#files = files;
    this.#subscription = files.onDidChange(() => this.#lookAgain());
  }

  /** Forgets everything: another profile begins. */
  reset(isThisMachine: boolean): void {
    this.#isThisMachine = isThisMachine;
    this.#locations.clear();
    this.#sources.clear();
    this.#seen = 0;
  }

  /** Looks for the sources that are new in the profile. */
  update(): void {
    const profile = this.#model.index?.profile;
    if (profile === undefined) return;
    for (; this.#seen < profile.sources.pid.length; this.#seen++) {
      void this.#connect(this.#seen);
    }
  }

  /** The sources a document shows; empty when it is none of ours. */
  sourcesOf(uri: vscode.Uri): readonly number[] {
    return this.#sources.get(uri.toString()) ?? [];
  }

  /** The document that shows a source; undefined when there is none (code made at run time). */
  async uriOf(source: number): Promise<vscode.Uri | undefined> {
    return (await this.#locate(source))?.uri;
  }

  /**
   * The source's text on the host, whether or not there is a file here; undefined
   * for what is no file there (`<string>`, `<frozen os>`, a path whose folder nobody knows).
   */
  remoteUri(source: number): vscode.Uri | undefined {
    const profile = this.#model.index?.profile;
    const remotePath = profile?.remotePath(source) ?? "";
    if (profile === undefined || !remotePath.startsWith("/")) return undefined;
    return vscode.Uri.from(sourceUriParts({ remotePath, pid: profile.sources.pid.at(source) }));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#located.dispose();
  }

  #lookAgain(): void {
    this.#locations.clear();
    this.#sources.clear();
    this.#seen = 0;
    this.update();
  }

  async #connect(source: number): Promise<void> {
    const profile = this.#model.index?.profile;
    const search = this.#locate(source);
    const location = await search;
    // A new profile or another look began meanwhile: this answer is about the old one.
    if (
      profile !== this.#model.index?.profile ||
      search !== this.#locations.get(this.#key(source))
    ) {
      return;
    }
    if (location === undefined) return;
    const key = location.uri.toString();
    const sources = this.#sources.get(key) ?? [];
    if (!sources.includes(source)) this.#sources.set(key, [...sources, source]);
    this.#located.fire();
  }

  #key(source: number): string {
    const profile = this.#model.index?.profile;
    if (profile === undefined) return "";
    const sha256 = profile.sources.sha256[source] ?? "";
    // An unknown hash may be another file in another container, so it stands for itself.
    const identity = sha256 === "" ? `pid ${profile.sources.pid.at(source)}` : sha256;
    return `${identity} ${profile.remotePath(source)}`;
  }

  #locate(source: number): Promise<Location | undefined> {
    const key = this.#key(source);
    const known = this.#locations.get(key);
    if (known !== undefined) return known;
    const search = this.#search(source);
    this.#locations.set(key, search);
    return search;
  }

  async #search(source: number): Promise<Location | undefined> {
    const profile = this.#model.index?.profile;
    if (profile === undefined) return undefined;
    const remoteUri = this.remoteUri(source);
    const remotePath = profile.remotePath(source);
    const sha256 = profile.sources.sha256[source] ?? "";
    const candidates = (await this.#files.pathMap()).candidates(remotePath);
    const confirmed = await confirmByContent(remotePath, candidates, sha256, async (candidate) => {
      const bytes = await readBytes(uriOfCandidate(candidate));
      return bytes === null ? null : sha256Hex(bytes);
    });
    if (confirmed !== null) return { uri: uriOfCandidate(confirmed.candidate), isLocal: true };
    if (this.#isThisMachine && sha256 !== "") {
      const uri = vscode.Uri.file(remotePath);
      const bytes = await readBytes(uri);
      if (bytes !== null && sha256Hex(bytes) === sha256) return { uri, isLocal: true };
    }
    return remoteUri === undefined ? undefined : { uri: remoteUri, isLocal: false };
  }
}

function uriOfCandidate(candidate: PathCandidate): vscode.Uri {
  return candidate.via === "mapping"
    ? localUri(candidate.localPath)
    : vscode.Uri.parse(candidate.key, true);
}
