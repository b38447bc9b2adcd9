import { ROOT } from "../core/callTree";
import type { FlameItem } from "../core/flameLayout";
import type { KindSet } from "../core/frameKind";
import { assertNever } from "../core/result";
import { Breadcrumbs } from "./breadcrumbs";
import { canOpen, describeItem, describeSearch, speakNode } from "./describe";
import { element, setText } from "./dom";
import { EmptyState } from "./emptyState";
import { FlameCanvas } from "./flameCanvas";
import type { FlameModel } from "./flameModel";
import { gestureHints } from "./gestureHints";
import { HoverTip } from "./hoverTip";
import type { KeyAction } from "./keys";
import type { FocusTarget } from "./messages";
import { readPalette } from "./pageTheme";
import { SelectedFrame } from "./selectedFrame";
import { Summary, type SessionInfo } from "./summary";
import { Toolbar, toggleKinds } from "./toolbar";

/** What the view tells whoever made it. */
export interface ViewEvents {
  /** `line` is null for the frame's hottest one. */
  openNode(node: number, line: number | null, toSide: boolean): void;
  /** Zoom, cursor, search or options are not what they were. */
  changed(): void;
}

const KEY_ZOOM = 1.5;

/** The page: what the reader does goes to the model, and what the model is goes to the elements. */
export class FlameView {
  readonly root: HTMLElement;
  readonly #model: FlameModel;
  readonly #events: ViewEvents;
  readonly #graph: FlameCanvas;
  readonly #toolbar: Toolbar;
  readonly #crumbs = new Breadcrumbs((node) => this.#zoom(() => this.#model.zoomToNode(node)));
  readonly #tip: HoverTip;
  readonly #selected: SelectedFrame;
  readonly #summary = new Summary();
  readonly #empty = new EmptyState();
  readonly #speech = element("div", { id: "flame-status", class: "speech", role: "status" });
  /** null until the editor has said what there is. */
  #session: SessionInfo | null = null;

  constructor(model: FlameModel, events: ViewEvents) {
    this.#model = model;
    this.#events = events;
    this.#graph = new FlameCanvas(model, readPalette());
    this.#toolbar = new Toolbar({
      search: (query) => this.#search(query),
      stepSearch: (step) => this.#stepSearch(step),
      leaveSearch: () => this.#leaveSearch(),
      toggleKinds: (kinds) => this.#toggleKinds(kinds),
      toggleInverted: () => this.#toggleInverted(),
      resetZoom: () => this.#resetZoom(),
    });
    this.#toolbar.search.query = model.query;
    this.#selected = new SelectedFrame((node, line, toSide) => events.openNode(node, line, toSide));
    this.#tip = new HoverTip(this.canvas, (item) => this.#describe(item));
    this.root = element(
      "div",
      { class: "flame" },
      this.#toolbar.root,
      element("div", { class: "place-bar" }, this.#crumbs.root, this.#summary.root),
      element("div", { class: "stage" }, this.#graph.root, this.#empty.root),
      element("footer", { class: "footer" }, this.#selected.root, gestureHints()),
      this.#speech,
      this.#tip.root,
    );
    this.#updateChrome();
  }

  get canvas(): HTMLCanvasElement {
    return this.#graph.canvas;
  }

  setSession(session: SessionInfo): void {
    this.#session = session;
    this.#updateChrome();
  }

  themeChanged(): void {
    this.#graph.usePalette(readPalette());
  }

  /** The model was refreshed: draw it where it now is. */
  modelChanged(): void {
    this.#graph.update();
    this.#tip.refresh(this.#graph);
    this.#updateChrome();
  }

  focusTarget(target: FocusTarget): void {
    if (this.#model.focus(target)) this.#cursorMoved();
  }

  /** Selects the frame at a point of the canvas; false for a run of frames or the background. */
  selectAt(x: number, y: number): boolean {
    const item = this.#graph.itemAt(x, y);
    if (item === null || item.boxCount > 1) return false;
    this.#model.moveCursor(this.#model.layout.node[item.firstBox]!);
    this.#cursorMoved();
    return true;
  }

  /** Opens the selected frame's hottest line, or says that it has none. */
  openCursor(toSide: boolean): void {
    const { cursor, tree } = this.#model;
    if (cursor < 0) return;
    if (canOpen(tree, cursor)) this.#events.openNode(cursor, null, toSide);
    else this.#say("No Python source to open. Z zooms.");
  }

  zoomAt(x: number, y: number): void {
    const item = this.#graph.itemAt(x, y);
    if (item !== null) this.#zoom(() => this.#model.zoomToItem(item));
  }

  /** Zooms so that what is at `x` of the canvas stays there. */
  zoomBy(factor: number, x: number): void {
    this.#model.zoomBy(factor, this.#graph.unitAt(x));
    this.#windowMoved();
  }

  /** Moves sideways by a part of the width. */
  pan(part: number): void {
    this.#model.pan(part);
    this.#windowMoved();
  }

  /** The picture follows the pointer by so many CSS pixels. */
  dragBy(dx: number, dy: number): void {
    this.#graph.scrollBy(-dy);
    this.pan(-dx / this.canvas.clientWidth);
  }

  hoverAt(x: number, y: number): void {
    const item = this.#graph.itemAt(x, y);
    if (!this.#tip.moveTo(item, x, y)) return;
    const { tree, layout } = this.#model;
    const opens = item?.boxCount === 1 && canOpen(tree, layout.node[item.firstBox]!);
    this.canvas.classList.toggle("opens", opens);
    this.#graph.setHover(item);
  }

  leave(): void {
    this.#tip.leave();
    this.#graph.setHover(null);
  }

  act(action: KeyAction): void {
    const model = this.#model;
    switch (action) {
      case "up":
      case "down":
      case "left":
      case "right":
        model.step(action);
        this.#cursorMoved();
        return;
      case "root":
        model.moveCursor(ROOT);
        this.#cursorMoved();
        return;
      case "open":
      case "openToSide":
        this.openCursor(action === "openToSide");
        return;
      case "zoom":
        if (model.cursor >= 0) this.#zoom(() => model.zoomToNode(model.cursor));
        return;
      case "zoomBack":
        this.#zoom(() => model.zoomBack());
        return;
      case "zoomIn":
      case "zoomOut": {
        const factor = action === "zoomIn" ? KEY_ZOOM : 1 / KEY_ZOOM;
        this.zoomBy(factor, this.#graph.middleOf(model.cursor));
        return;
      }
      case "reset":
        if (!model.isZoomed && model.query !== "") this.#clearSearch();
        else this.#resetZoom();
        return;
      case "search":
        this.#toolbar.search.focus();
        return;
      case "nextMatch":
      case "previousMatch":
        this.#stepSearch(action === "nextMatch" ? 1 : -1);
        return;
      case "invert":
        this.#toggleInverted();
        return;
      default:
        assertNever(action);
    }
  }

  #search(query: string): void {
    this.#model.setQuery(query);
    this.#graph.invalidate();
    this.#updateChrome();
    const { search, cursor } = this.#model;
    if (search !== null) this.#say(describeSearch(search, cursor));
    this.#events.changed();
  }

  #stepSearch(step: 1 | -1): void {
    const model = this.#model;
    if (model.search === null) return;
    model.stepSearch(step);
    this.#cursorMoved(describeSearch(model.search, model.cursor));
  }

  #leaveSearch(): void {
    if (this.#model.query === "") this.canvas.focus();
    else this.#clearSearch();
  }

  #clearSearch(): void {
    this.#toolbar.search.query = "";
    this.#search("");
    this.canvas.focus();
  }

  #toggleKinds(kinds: KindSet): void {
    const hiddenKinds = toggleKinds(this.#model.options.hiddenKinds, kinds);
    this.#model.setOptions({ hiddenKinds });
    this.#optionsChanged();
  }

  #toggleInverted(): void {
    this.#model.setOptions({ inverted: !this.#model.options.inverted });
    this.#say(this.#model.options.inverted ? "Inverted: callers below." : "Callers on top.");
    this.#optionsChanged();
  }

  #optionsChanged(): void {
    this.#graph.updateNow();
    this.modelChanged();
    this.#events.changed();
  }

  #resetZoom(): void {
    this.#zoom(() => this.#model.zoomToNode(ROOT));
  }

  #zoom(change: () => void): void {
    change();
    this.leave();
    this.#graph.update("glide");
    this.#graph.scrollToZoom();
    this.#updateChrome();
    this.#events.changed();
    const { tree, zoom, isZoomed } = this.#model;
    this.#say(isZoomed ? `Zoomed to ${speakNode(tree, zoom.node)}` : "Zoom reset.");
  }

  /** A gesture moved the window bit by bit, so the picture is already there. */
  #windowMoved(): void {
    this.leave();
    this.#graph.updateNow();
    this.#updateChrome();
    this.#events.changed();
  }

  #cursorMoved(alsoSay = ""): void {
    const { cursor, tree } = this.#model;
    this.#graph.update("glide");
    if (cursor >= 0) {
      this.#graph.scrollToRow(tree.depth.at(cursor));
      this.#say(`${alsoSay} ${speakNode(tree, cursor)}`.trim());
    }
    this.#updateChrome();
    this.#events.changed();
  }

  #say(text: string): void {
    setText(this.#speech, text);
  }

  #describe(item: FlameItem) {
    const { tree, layout } = this.#model;
    return describeItem(tree, layout, item, this.#session?.frequencyHz ?? 0);
  }

  #updateChrome(): void {
    const model = this.#model;
    const { search, profile } = model;
    this.#toolbar.update({
      title: this.#session?.title ?? "",
      isLive: this.#session?.isLive ?? false,
      searchCount: search === null ? "" : describeSearch(search, model.cursor),
      hasMatches: (search?.matches.length ?? 0) > 0,
      kindsSeen: model.kindsSeen,
      hiddenKinds: model.options.hiddenKinds,
      inverted: model.options.inverted,
      isZoomed: model.isZoomed,
    });
    this.#crumbs.update(model.tree, model.zoom.node);
    this.#selected.update(model.tree, model.cursor);
    this.#summary.update(profile, this.#session);
    this.#empty.update(profile.totalSamples === 0, this.#session);
  }
}
