import type { FlameItem } from "../core/flameLayout";
import { Breadcrumbs } from "./breadcrumbs";
import { describeItem, describeSearch } from "./describe";
import { element, setText } from "./dom";
import { EmptyState } from "./emptyState";
import { FlameCanvas } from "./flameCanvas";
import type { FlameModel } from "./flameModel";
import { gestureHints } from "./gestureHints";
import { HoverTip } from "./hoverTip";
import { readPalette } from "./pageTheme";
import { SelectedFrame } from "./selectedFrame";
import { Summary, type SessionInfo } from "./summary";
import { Toolbar, type ToolbarActions } from "./toolbar";

/** What the page's controls ask for. */
export interface ViewActions extends ToolbarActions {
  zoomToNode(node: number): void;
  openLine(node: number, line: number, toSide: boolean): void;
}

/** The page's elements. `update` brings them to what the model and the session are. */
export class FlameView {
  readonly root: HTMLElement;
  readonly graph: FlameCanvas;
  readonly toolbar: Toolbar;
  readonly tip: HoverTip;
  readonly #model: FlameModel;
  readonly #crumbs: Breadcrumbs;
  readonly #selected: SelectedFrame;
  readonly #summary = new Summary();
  readonly #empty = new EmptyState();
  readonly #speech = element("div", { id: "flame-status", class: "speech", role: "status" });
  /** null until the editor has said what there is. */
  #session: SessionInfo | null = null;

  constructor(model: FlameModel, actions: ViewActions) {
    this.#model = model;
    this.graph = new FlameCanvas(model, readPalette());
    this.toolbar = new Toolbar(actions);
    this.toolbar.search.query = model.query;
    this.tip = new HoverTip(this.graph.canvas, (item) => this.#describe(item));
    this.#crumbs = new Breadcrumbs((node) => actions.zoomToNode(node));
    this.#selected = new SelectedFrame((node, line, toSide) =>
      actions.openLine(node, line, toSide),
    );
    this.root = element(
      "div",
      { class: "flame" },
      this.toolbar.root,
      element("div", { class: "place-bar" }, this.#crumbs.root, this.#summary.root),
      element("div", { class: "stage" }, this.graph.root, this.#empty.root),
      element("footer", { class: "footer" }, this.#selected.root, gestureHints()),
      this.#speech,
      this.tip.root,
    );
    this.update();
  }

  setSession(session: SessionInfo): void {
    this.#session = session;
    this.update();
  }

  themeChanged(): void {
    this.graph.usePalette(readPalette());
  }

  /** Everything but the picture, which knows for itself when to move and when to jump. */
  update(): void {
    const { tree, zoom, cursor, search, profile, options, kindsSeen, isZoomed } = this.#model;
    this.toolbar.update({
      title: this.#session?.title ?? "",
      isLive: this.#session?.isLive ?? false,
      searchCount: search === null ? "" : describeSearch(search, cursor),
      hasMatches: (search?.matches.length ?? 0) > 0,
      kindsSeen,
      hiddenKinds: options.hiddenKinds,
      hasInterpreter: this.#model.hasInterpreter,
      foldsInterpreter: options.foldsInterpreter,
      inverted: options.inverted,
      isZoomed,
    });
    this.#crumbs.update(tree, zoom.node);
    this.#selected.update(tree, cursor);
    this.#summary.update(profile, this.#session);
    this.#empty.update(profile.totalSamples === 0, this.#session);
  }

  /** Tells a screen reader. */
  say(text: string): void {
    setText(this.#speech, text);
  }

  #describe(item: FlameItem) {
    const { tree, layout } = this.#model;
    return describeItem(tree, layout, item, this.#session?.frequencyHz ?? 0);
  }
}
