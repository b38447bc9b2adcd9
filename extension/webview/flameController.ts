import { ROOT } from "../core/callTree";
import type { KindSet } from "../core/frameKind";
import { assertNever } from "../core/result";
import { canOpen, describeSearch, speakNode } from "./describe";
import type { FlameModel } from "./flameModel";
import { FlameView, type ViewActions } from "./flameView";
import type { KeyAction } from "./keys";
import type { FocusTarget } from "./messages";
import { toggleKinds } from "./toolbar";

/** What the reader's actions lead to outside the page. */
export interface FlameEvents {
  /** `line` is null for the frame's hottest one. */
  openNode(node: number, line: number | null, toSide: boolean): void;
  /** Zoom, cursor, search or options are not what they were. */
  changed(): void;
}

const KEY_ZOOM = 1.5;

/** What the reader does: each action changes the model, moves the picture and is told. */
export class FlameController implements ViewActions {
  readonly view: FlameView;
  readonly #model: FlameModel;
  readonly #events: FlameEvents;

  constructor(model: FlameModel, events: FlameEvents) {
    this.#model = model;
    this.#events = events;
    this.view = new FlameView(model, this);
  }

  /** The model was refreshed: draws it where it now is. */
  modelChanged(): void {
    this.view.graph.update();
    this.view.tip.refresh(this.view.graph);
    this.view.update();
    this.#events.changed();
  }

  /** The editor points at a function or a line. */
  focusTarget(target: FocusTarget): void {
    if (this.#model.focus(target)) this.#cursorMoved();
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
        if (model.cursor >= 0) this.zoomToNode(model.cursor);
        return;
      case "zoomBack":
        model.zoomBack();
        this.#zoomed();
        return;
      case "zoomIn":
      case "zoomOut": {
        const factor = action === "zoomIn" ? KEY_ZOOM : 1 / KEY_ZOOM;
        this.zoomBy(factor, this.view.graph.middleOf(model.cursor));
        return;
      }
      case "reset":
        if (!model.isZoomed && model.query !== "") this.#clearSearch();
        else this.resetZoom();
        return;
      case "search":
        this.view.toolbar.search.focus();
        return;
      case "nextMatch":
      case "previousMatch":
        this.stepSearch(action === "nextMatch" ? 1 : -1);
        return;
      case "invert":
        this.toggleInverted();
        return;
      default:
        assertNever(action);
    }
  }

  /** Selects the frame at a point of the canvas; false for a run of frames or the background. */
  selectAt(x: number, y: number): boolean {
    const item = this.view.graph.itemAt(x, y);
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
    else this.view.say("No Python source to open. Z zooms.");
  }

  openLine(node: number, line: number, toSide: boolean): void {
    this.#events.openNode(node, line, toSide);
  }

  hoverAt(x: number, y: number): void {
    const { graph, tip } = this.view;
    const item = graph.itemAt(x, y);
    if (!tip.moveTo(item, x, y)) return;
    const { tree, layout } = this.#model;
    const opens = item?.boxCount === 1 && canOpen(tree, layout.node[item.firstBox]!);
    graph.canvas.classList.toggle("opens", opens);
    graph.setHover(item);
  }

  leave(): void {
    this.view.tip.leave();
    this.view.graph.setHover(null);
  }

  zoomToNode(node: number): void {
    this.#model.zoomToNode(node);
    this.#zoomed();
  }

  zoomAt(x: number, y: number): void {
    const item = this.view.graph.itemAt(x, y);
    if (item === null) return;
    this.#model.zoomToItem(item);
    this.#zoomed();
  }

  resetZoom(): void {
    this.zoomToNode(ROOT);
  }

  /** Zooms so that what is at `x` of the canvas stays there. */
  zoomBy(factor: number, x: number): void {
    this.#model.zoomBy(factor, this.view.graph.unitAt(x));
    this.#windowMoved();
  }

  /** Moves sideways by a part of the width. */
  pan(part: number): void {
    this.#model.pan(part);
    this.#windowMoved();
  }

  /** The picture follows the pointer by so many CSS pixels. */
  dragBy(dx: number, dy: number): void {
    this.view.graph.scrollBy(-dy);
    this.pan(-dx / this.view.graph.canvas.clientWidth);
  }

  search(query: string): void {
    this.#model.setQuery(query);
    this.view.graph.invalidate();
    this.view.update();
    const { search, cursor } = this.#model;
    if (search !== null) this.view.say(describeSearch(search, cursor));
    this.#events.changed();
  }

  stepSearch(step: 1 | -1): void {
    const model = this.#model;
    if (model.search === null) return;
    model.stepSearch(step);
    this.#cursorMoved(describeSearch(model.search, model.cursor));
  }

  leaveSearch(): void {
    if (this.#model.query === "") this.view.graph.canvas.focus();
    else this.#clearSearch();
  }

  toggleKinds(kinds: KindSet): void {
    const hiddenKinds = toggleKinds(this.#model.options.hiddenKinds, kinds);
    this.#model.setOptions({ hiddenKinds });
    this.#optionsChanged();
  }

  toggleInterpreter(): void {
    const foldsInterpreter = !this.#model.options.foldsInterpreter;
    this.#model.setOptions({ foldsInterpreter });
    const done = foldsInterpreter ? "folded, but for those that burned" : "shown";
    this.view.say(`Interpreter frames ${done}.`);
    this.#optionsChanged();
  }

  toggleInverted(): void {
    const inverted = !this.#model.options.inverted;
    this.#model.setOptions({ inverted });
    this.view.say(inverted ? "Inverted: callers below." : "Callers on top.");
    this.#optionsChanged();
  }

  #clearSearch(): void {
    this.view.toolbar.search.query = "";
    this.search("");
    this.view.graph.canvas.focus();
  }

  #optionsChanged(): void {
    this.view.graph.updateNow();
    this.modelChanged();
  }

  #zoomed(): void {
    this.leave();
    this.view.graph.update("glide");
    this.view.graph.scrollToZoom();
    this.view.update();
    const { tree, zoom, isZoomed } = this.#model;
    this.view.say(isZoomed ? `Zoomed to ${speakNode(tree, zoom.node)}` : "Zoom reset.");
    this.#events.changed();
  }

  /** A gesture moved the window bit by bit, so the picture is already there. */
  #windowMoved(): void {
    this.leave();
    this.view.graph.updateNow();
    this.view.update();
    this.#events.changed();
  }

  #cursorMoved(alsoSay = ""): void {
    const { cursor, tree } = this.#model;
    this.view.graph.update("glide");
    if (cursor >= 0) {
      this.view.graph.scrollToRow(tree.depth.at(cursor));
      this.view.say(`${alsoSay} ${speakNode(tree, cursor)}`.trim());
    }
    this.view.update();
    this.#events.changed();
  }
}
