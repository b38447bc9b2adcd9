import type { HostTarget, ReachPhase } from "../remote/reach";
import type { HelperInfo, StartResult, Stats } from "../wire/protocol.gen";

/** Where the helper runs. */
export type Target = HostTarget;

/** What is sampled; no pids means every Python on the host. */
export interface Selection {
  readonly pids: readonly number[];
  /** "all Python processes", "4242 python app.py" or "3 processes". */
  readonly label: string;
}

/** A failure as a person meets it: the cause in one sentence, then the one next step. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly nextStep: string;
}

/** What is known about a run whose samples are kept. The samples themselves live in the runner's profile. */
export interface Results {
  readonly target: Target;
  readonly helper: HelperInfo;
  readonly run: StartResult;
  readonly selection: Selection;
  readonly stats: Stats | undefined;
  /** Why it ended, when nobody asked it to. */
  readonly ended: Failure | undefined;
}

export type { ReachPhase } from "../remote/reach";

/**
 * Where a session is. `kept` carries the results of an earlier run through a
 * new one's preparation, so a cancel at any step gives them back.
 */
export type SessionState =
  | { readonly kind: "idle" }
  | { readonly kind: "choosingHost"; readonly kept: Results | undefined }
  | {
      readonly kind: ReachPhase;
      readonly target: Target;
      /** How far it is or what will run, in words; may be empty. */
      readonly detail: string;
      readonly kept: Results | undefined;
    }
  | {
      readonly kind: "listing" | "picking";
      readonly target: Target;
      readonly helper: HelperInfo;
      readonly kept: Results | undefined;
    }
  | {
      readonly kind: "starting";
      readonly target: Target;
      /** What the helper is doing, in its words; may be empty. */
      readonly detail: string;
      readonly helper: HelperInfo;
      readonly selection: Selection;
      readonly kept: Results | undefined;
    }
  | { readonly kind: "sampling" | "stopping"; readonly results: Results }
  | { readonly kind: "stopped"; readonly results: Results }
  | { readonly kind: "failed"; readonly failure: Failure; readonly results: Results | undefined };

export type SessionEvent =
  | { readonly kind: "begin"; readonly target: Target | undefined }
  | { readonly kind: "hostChosen"; readonly target: Target }
  | { readonly kind: "phase"; readonly phase: ReachPhase; readonly detail: string }
  | { readonly kind: "connected"; readonly helper: HelperInfo }
  | { readonly kind: "listed" }
  | { readonly kind: "back" }
  | { readonly kind: "processesChosen"; readonly selection: Selection }
  | { readonly kind: "startProgress"; readonly detail: string }
  | { readonly kind: "started"; readonly run: StartResult }
  | { readonly kind: "delta"; readonly stats: Stats }
  | { readonly kind: "stopRequested" }
  | { readonly kind: "stopped"; readonly stats: Stats | undefined }
  | { readonly kind: "ended"; readonly failure: Failure; readonly stats: Stats | undefined }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "cancelled" }
  | { readonly kind: "cleared" };

/**
 * The next state, and nothing else: no effect, no clock. An event that does not
 * fit the state is late news (a delta after the stop, a phase after a cancel)
 * and leaves the state as it is.
 */
export function reduce(state: SessionState, event: SessionEvent): SessionState {
  switch (event.kind) {
    case "begin": {
      if (isBusy(state)) return state;
      const kept = resultsOf(state);
      return event.target === undefined
        ? { kind: "choosingHost", kept }
        : { kind: "connecting", target: event.target, detail: "", kept };
    }
    case "hostChosen":
      return state.kind === "choosingHost"
        ? { kind: "connecting", target: event.target, detail: "", kept: state.kept }
        : state;
    case "phase":
      return isReaching(state) && (state.kind !== event.phase || state.detail !== event.detail)
        ? { kind: event.phase, target: state.target, detail: event.detail, kept: state.kept }
        : state;
    case "connected":
      return isReaching(state)
        ? { kind: "listing", target: state.target, helper: event.helper, kept: state.kept }
        : state;
    case "listed":
      return state.kind === "listing" ? { ...state, kind: "picking" } : state;
    case "back":
      return state.kind === "picking" || state.kind === "listing"
        ? { kind: "choosingHost", kept: state.kept }
        : state;
    case "processesChosen":
      return state.kind === "picking" || state.kind === "listing"
        ? { ...state, kind: "starting", detail: "", selection: event.selection }
        : state;
    case "startProgress":
      return state.kind === "starting" ? { ...state, detail: event.detail } : state;
    case "started": {
      if (state.kind !== "starting") return state;
      const { target, helper, selection } = state;
      const results: Results = {
        target,
        helper,
        run: event.run,
        selection,
        stats: undefined,
        ended: undefined,
      };
      return { kind: "sampling", results };
    }
    case "delta":
      return state.kind === "sampling" || state.kind === "stopping"
        ? { kind: state.kind, results: { ...state.results, stats: event.stats } }
        : state;
    case "stopRequested":
      return state.kind === "sampling" ? { kind: "stopping", results: state.results } : state;
    case "stopped":
      return state.kind === "sampling" || state.kind === "stopping"
        ? { kind: "stopped", results: withStats(state.results, event.stats) }
        : state;
    case "ended":
      return state.kind === "sampling" || state.kind === "stopping"
        ? {
            kind: "stopped",
            results: { ...withStats(state.results, event.stats), ended: event.failure },
          }
        : state;
    case "failed":
      return isBusy(state)
        ? { kind: "failed", failure: event.failure, results: resultsOf(state) }
        : state;
    case "cancelled":
      // Once samples flow there is nothing to cancel: Stop keeps them.
      return isBusy(state) && !isRunning(state) ? settled(resultsOf(state)) : state;
    case "cleared":
      return isBusy(state) ? state : { kind: "idle" };
  }
}

function withStats(results: Results, stats: Stats | undefined): Results {
  return stats === undefined ? results : { ...results, stats };
}

function settled(results: Results | undefined): SessionState {
  return results === undefined ? { kind: "idle" } : { kind: "stopped", results };
}

/** Sampling, or bringing home the last delta. */
export function isRunning(
  state: SessionState,
): state is Extract<SessionState, { kind: "sampling" | "stopping" }> {
  return state.kind === "sampling" || state.kind === "stopping";
}

/** On the way to a running helper. */
export function isReaching(
  state: SessionState,
): state is Extract<SessionState, { kind: ReachPhase }> {
  return state.kind === "connecting" || state.kind === "deploying" || state.kind === "elevating";
}

/** Anywhere between the first picker and the last delta: no second session can begin. */
export function isBusy(state: SessionState): boolean {
  switch (state.kind) {
    case "idle":
    case "stopped":
    case "failed":
      return false;
    default:
      return true;
  }
}

/** The results to show in this state: this run's, or those kept from the one before. */
export function resultsOf(state: SessionState): Results | undefined {
  switch (state.kind) {
    case "idle":
      return undefined;
    case "sampling":
    case "stopping":
    case "stopped":
    case "failed":
      return state.results;
    default:
      return state.kept;
  }
}
