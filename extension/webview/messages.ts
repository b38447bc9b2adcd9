import type { ProfileDelta } from "../core/delta";
import type { StackPath } from "../core/selection";

/**
 * What the flame graph and its host say to each other.
 *
 * The webview says `ready` when it can listen, also after it was reloaded; the
 * host answers `reset` with all it has, and then forwards every delta as it was
 * applied. Both sides then hold the same tables, so indices mean the same on both.
 */
export type ToWebview =
  | {
      readonly type: "reset";
      /** What is profiled: shown in the header, such as "web-1 · gunicorn [4711]". */
      readonly title: string;
      /** For turning samples into time; 0 when it is not known. */
      readonly frequencyHz: number;
      /** `Profile.snapshot()`, or null when nothing was sampled yet. */
      readonly snapshot: ProfileDelta | null;
      readonly isLive: boolean;
      /** Samples taken and never delivered, so far. */
      readonly lost: number;
    }
  | { readonly type: "delta"; readonly delta: ProfileDelta; readonly lost: number }
  /** Sampling ended (false) or goes on (true). */
  | { readonly type: "live"; readonly isLive: boolean }
  /** Colours changed in a way that leaves no trace in the document; others are noticed there. */
  | { readonly type: "themeChanged" }
  /** Select and show the widest frame of a function or, when given, of a line in it. */
  | { readonly type: "focus"; readonly target: FocusTarget };

export type FocusTarget =
  | { readonly kind: "function"; readonly functionIndex: number }
  | { readonly kind: "line"; readonly source: number; readonly line: number };

export type FromWebview =
  | { readonly type: "ready" }
  /** A delta did not fit, so the webview wants a `reset`. */
  | { readonly type: "resync"; readonly detail: string }
  | {
      readonly type: "openFrame";
      readonly source: number;
      readonly remotePath: string;
      /** The line with most samples in the frame, from 1; the function's first line if none is known. */
      readonly line: number;
      readonly functionName: string;
      /** The reader held Alt: open beside what is open. */
      readonly toSide: boolean;
    }
  | {
      readonly type: "selectionChanged";
      /** What the graph is zoomed to, to narrow other views to; null for everything. */
      readonly zoomed: StackPath | null;
      /** The frame under the keyboard cursor; null for none. */
      readonly focused: StackPath | null;
    };

/** Narrows what arrived over the border to our bundle's messages; null for anything else. */
export function parseToWebview(data: unknown): ToWebview | null {
  const types: readonly string[] = ["reset", "delta", "live", "themeChanged", "focus"];
  return isMessage(data) && types.includes(data.type) ? (data as ToWebview) : null;
}

/**
 * Checks a message of the webview field by field: it runs in a browser and shows
 * names chosen by strangers, so the host believes nothing it says unseen.
 */
export function parseFromWebview(data: unknown): FromWebview | null {
  if (!isMessage(data)) return null;
  switch (data.type) {
    case "ready":
      return { type: "ready" };
    case "resync":
      return typeof data["detail"] === "string" ? { type: "resync", detail: data["detail"] } : null;
    case "openFrame": {
      const { source, remotePath, line, functionName, toSide } = data;
      return isIndex(source) &&
        isIndex(line) &&
        typeof remotePath === "string" &&
        typeof functionName === "string" &&
        typeof toSide === "boolean"
        ? { type: "openFrame", source, remotePath, line, functionName, toSide }
        : null;
    }
    case "selectionChanged": {
      const zoomed = parsePath(data["zoomed"]);
      const focused = parsePath(data["focused"]);
      if (zoomed === undefined || focused === undefined) return null;
      return { type: "selectionChanged", zoomed, focused };
    }
    default:
      return null;
  }
}

/** undefined when it is neither null nor a path. */
function parsePath(data: unknown): StackPath | null | undefined {
  if (data === null) return null;
  if (!isRecord(data)) return undefined;
  const { functions, inverted, hiddenKinds, foldsInterpreter } = data;
  return Array.isArray(functions) &&
    functions.every(isIndex) &&
    typeof inverted === "boolean" &&
    isIndex(hiddenKinds) &&
    typeof foldsInterpreter === "boolean"
    ? { functions, inverted, hiddenKinds, foldsInterpreter }
    : undefined;
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isMessage(value: unknown): value is Record<string, unknown> & { type: string } {
  return isRecord(value) && typeof value["type"] === "string";
}
