/**
 * What of a view outlives a reload of the page. Places are kept by name: after a
 * reload, as after a resynchronisation, indices may mean something else.
 */
export interface SavedView {
  /** Title of the session that `zoom` and `cursor` are places in. */
  readonly title: string;
  readonly zoom: readonly string[];
  readonly cursor: readonly string[];
  readonly query: string;
  readonly inverted: boolean;
  readonly hiddenKinds: number;
  readonly foldsInterpreter: boolean;
}

/** State was written by some version of this bundle: taken whole or not at all. */
export function parseSavedView(state: unknown): SavedView | null {
  if (typeof state !== "object" || state === null) return null;
  const { title, zoom, cursor, query, inverted, hiddenKinds, foldsInterpreter } = state as Record<
    string,
    unknown
  >;
  return typeof title === "string" &&
    isNames(zoom) &&
    isNames(cursor) &&
    typeof query === "string" &&
    typeof inverted === "boolean" &&
    typeof hiddenKinds === "number" &&
    typeof foldsInterpreter === "boolean"
    ? { title, zoom, cursor, query, inverted, hiddenKinds, foldsInterpreter }
    : null;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
