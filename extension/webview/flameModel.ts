import { CallTree, ROOT, type CallTreeOptions } from "../core/callTree";
import {
  layoutFlame,
  rankByName,
  type FlameItem,
  type FlameLayout,
  type Span,
} from "../core/flameLayout";
import { matchFunctions, searchTree, stepMatch, type SearchResult } from "../core/flameSearch";
import { kindSet, type FrameKind, type KindSet } from "../core/frameKind";
import { interpreterFunctions } from "../core/interpreter";
import { Profile, type DeltaRefusal, type ProfileDelta } from "../core/profile";
import { ok, type Result } from "../core/result";
import type { StackPath } from "../core/selection";
import type { FocusTarget } from "./messages";
import { findTarget, neighbour, type Direction } from "./navigate";
import { namesOf, nodeNamed, samePlace } from "./places";
import type { SavedView } from "./savedView";
import * as zooms from "./zoom";
import type { Zoom } from "./zoom";

/** Zooms to go back through; enough that nobody meets the end. */
const HISTORY_MAX = 50;

/**
 * The state of the flame graph without its picture: which tree, zoomed where,
 * which frame has the cursor, what was searched. Deltas are taken in at once;
 * `refresh` brings tree and layout up to date when there is time to draw.
 */
export class FlameModel {
  profile = new Profile();
  tree: CallTree;
  layout: FlameLayout;
  query: string;
  search: SearchResult | null = null;
  /** Kinds that at least one function of the profile has. */
  kindsSeen: KindSet = 0;
  /** Whether the profile has native frames of the interpreter's own. */
  hasInterpreter = false;

  #title: string;
  #cursor = -1;
  #zoom: Zoom = zooms.UNZOOMED;
  #history: Zoom[] = [];
  #isStale = false;
  #nameRank: Int32Array = new Int32Array(0);
  // A reloaded page gets its samples after its state, and perhaps bit by bit: each
  // place waits until its whole path has been seen, or the reader goes elsewhere.
  #pendingZoom: readonly string[];
  #pendingCursor: readonly string[];

  constructor(saved: SavedView | null) {
    this.#title = saved?.title ?? "";
    this.#pendingZoom = saved?.zoom ?? [];
    this.#pendingCursor = saved?.cursor ?? [];
    this.query = saved?.query ?? "";
    const options = {
      inverted: saved?.inverted ?? false,
      hiddenKinds: saved?.hiddenKinds ?? 0,
      foldsInterpreter: saved?.foldsInterpreter ?? true,
    };
    this.tree = new CallTree(this.profile, options);
    this.layout = layoutFlame(this.tree, this.#nameRank);
  }

  get options(): CallTreeOptions {
    return this.tree.options;
  }

  /** The frame under the keyboard cursor, -1 for none. */
  get cursor(): number {
    return this.#cursor;
  }

  get zoom(): Zoom {
    return this.#zoom;
  }

  get isZoomed(): boolean {
    return zooms.isZoomed(this.#zoom);
  }

  /** True when `refresh` has something to do. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /**
   * Starts over with a profile (null: without samples). A profile of the same title
   * is looked at in the same place, as far as that exists.
   */
  reset(title: string, snapshot: ProfileDelta | null): Result<void, DeltaRefusal> {
    const loaded = snapshot === null ? ok(new Profile()) : Profile.fromSnapshot(snapshot);
    if (!loaded.ok) return loaded;
    const isSame = title === this.#title;
    this.#pendingZoom = isSame ? this.#zoomNames() : [];
    this.#pendingCursor = isSame ? this.#cursorNames() : [];
    this.#title = title;
    this.profile = loaded.value;
    this.kindsSeen = 0;
    this.hasInterpreter = false;
    this.#nameRank = new Int32Array(0);
    this.#rebuild(this.options);
    return ok(undefined);
  }

  /** Takes a delta in; what is drawn stays until `refresh`. */
  apply(delta: ProfileDelta): Result<void, DeltaRefusal> {
    const applied = this.profile.apply(delta);
    if (applied.ok) this.#isStale = true;
    return applied;
  }

  /** Brings tree, layout and search up to date with the profile. */
  refresh(): void {
    this.#isStale = false;
    this.tree.extend();
    if (this.tree.isOutdated) {
      this.setOptions({});
      return;
    }
    this.#extendNames();
    this.layout = layoutFlame(this.tree, this.#nameRank);
    this.#searchAgain();
    this.#findPending();
  }

  /** Changes what the tree is made of, and finds zoom and cursor again where they still exist. */
  setOptions(change: Partial<CallTreeOptions>): void {
    const before = this.tree;
    const [zoomed, cursor] = [this.#zoom.node, this.#cursor];
    this.#rebuild({ ...this.options, ...change });
    this.#zoom = zooms.zoomOnNode(samePlace(before, this.tree, zoomed));
    const moved = samePlace(before, this.tree, cursor);
    this.#cursor = moved === ROOT ? -1 : moved;
  }

  /** The stretch of unit space that is shown. */
  window(): Span {
    return zooms.windowOf(this.layout, this.#zoom);
  }

  /** Whether some of a node's box is within the window's edges, on whatever row. */
  isInWindow(node: number): boolean {
    const box = this.layout.boxOf[node] ?? -1;
    const { x0, x1 } = this.window();
    return box >= 0 && this.layout.x1[box]! > x0 && this.layout.x0[box]! < x1;
  }

  /** Zooms so that the node's box fills the width; ROOT shows everything. */
  zoomToNode(node: number): void {
    this.#zoomTo(zooms.zoomOnNode(node));
  }

  zoomToItem(item: FlameItem): void {
    this.#zoomTo(zooms.zoomOnItem(this.tree, this.layout, item));
  }

  /** Goes back to the zoom before the last jump, or out to everything. */
  zoomBack(): void {
    this.#setZoom(this.#history.pop() ?? zooms.UNZOOMED);
  }

  /** Makes everything `factor` times as wide around a point of unit space. */
  zoomBy(factor: number, centre: number): void {
    this.#setZoom(zooms.zoomAround(this.tree, this.layout, this.#zoom, factor, centre));
  }

  /** Moves the window sideways by a part of its own width. */
  pan(part: number): void {
    this.#setZoom(zooms.panBy(this.tree, this.layout, this.#zoom, part));
  }

  /** Puts the cursor on a node, -1 for none, and zooms out as far as it takes to see it. */
  moveCursor(node: number): void {
    this.#cursor = node;
    this.#pendingCursor = [];
    if (node >= 0 && !this.isInWindow(node)) {
      this.zoomToNode(zooms.commonAncestor(this.tree, this.#zoom.node, node));
    }
  }

  /** Moves the cursor as an arrow key does; from out of sight, to what is zoomed to. */
  step(direction: Direction): void {
    const { layout, tree } = this;
    this.moveCursor(
      this.isInWindow(this.#cursor)
        ? neighbour(tree, layout, this.#cursor, direction, this.window())
        : this.#zoom.node,
    );
  }

  setQuery(query: string): void {
    this.query = query;
    this.#searchAgain();
  }

  /** Moves the cursor to the next or previous match. */
  stepSearch(step: 1 | -1): void {
    if (this.search === null) return;
    const node = stepMatch(this.search, this.#cursor, step);
    if (node >= 0) this.moveCursor(node);
  }

  /** Moves the cursor to the widest frame of a target; false when nothing of it was sampled. */
  focus(target: FocusTarget): boolean {
    const node = findTarget(this.tree, target);
    if (node < 0) return false;
    this.moveCursor(node);
    return true;
  }

  /** What to narrow other views to: null when everything is shown. */
  zoomedPath(): StackPath | null {
    return this.#zoom.node === ROOT ? null : this.tree.pathOf(this.#zoom.node);
  }

  focusedPath(): StackPath | null {
    return this.#cursor <= ROOT ? null : this.tree.pathOf(this.#cursor);
  }

  save(): SavedView {
    return {
      ...this.options,
      title: this.#title,
      query: this.query,
      zoom: this.#zoomNames(),
      cursor: this.#cursorNames(),
    };
  }

  #zoomTo(zoom: Zoom): void {
    const { node, part } = this.#zoom;
    const isThere = zoom.node === node && zoom.part.x0 === part.x0 && zoom.part.x1 === part.x1;
    if (isThere) return;
    this.#history.push(this.#zoom);
    if (this.#history.length > HISTORY_MAX) this.#history.shift();
    this.#setZoom(zoom);
  }

  #setZoom(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#pendingZoom = [];
  }

  #rebuild(options: CallTreeOptions): void {
    this.tree = new CallTree(this.profile, options);
    this.#zoom = zooms.UNZOOMED;
    this.#history = [];
    this.#cursor = -1;
    this.refresh();
  }

  #extendNames(): void {
    const { functions } = this.profile;
    const known = this.#nameRank.length;
    if (functions.kind.length === known) return;
    const names: string[] = [];
    for (let f = 0; f < functions.kind.length; f++) names.push(this.profile.functionName(f));
    this.#nameRank = rankByName(names);
    for (const kind of functions.kind.view().subarray(known)) {
      this.kindsSeen |= kindSet(kind as FrameKind);
    }
    this.hasInterpreter = interpreterFunctions(this.profile).includes(1);
  }

  #searchAgain(): void {
    const matching = matchFunctions(this.profile, this.query);
    this.search = matching === null ? null : searchTree(this.tree, matching);
  }

  #zoomNames(): readonly string[] {
    const { node } = this.#zoom;
    return node === ROOT ? this.#pendingZoom : namesOf(this.tree, node);
  }

  #cursorNames(): readonly string[] {
    return this.#cursor <= ROOT ? this.#pendingCursor : namesOf(this.tree, this.#cursor);
  }

  #findPending(): void {
    if (this.#pendingZoom.length > 0) {
      const node = nodeNamed(this.tree, this.#pendingZoom);
      if (node >= 0) this.#setZoom(zooms.zoomOnNode(node));
    }
    if (this.#pendingCursor.length > 0) {
      const node = nodeNamed(this.tree, this.#pendingCursor);
      if (node < 0) return;
      this.#cursor = node;
      this.#pendingCursor = [];
    }
  }
}
