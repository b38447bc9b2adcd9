import type { FlameModel } from "./flameModel";
import type { FromWebview } from "./messages";
import { parseSavedView, type SavedView } from "./savedView";

interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: SavedView): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The editor as the webview sees it. VS Code allows one call of acquireVsCodeApi a page. */
export class Host {
  readonly #api = acquireVsCodeApi();
  #lastSelection = JSON.stringify({ zoomed: null, focused: null });

  post(message: FromWebview): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- VS Code's, not window's
    this.#api.postMessage(message);
  }

  /** Keeps the view for a reload, and tells the editor when it looks at something else. */
  viewChanged(model: FlameModel): void {
    this.#api.setState(model.save());
    const selection = { zoomed: model.zoomedPath(), focused: model.focusedPath() };
    const text = JSON.stringify(selection);
    if (text === this.#lastSelection) return;
    this.#lastSelection = text;
    this.post({ type: "selectionChanged", ...selection });
  }

  savedView(): SavedView | null {
    return parseSavedView(this.#api.getState());
  }
}
