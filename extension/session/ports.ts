import type {
  Delta,
  DoctorReport,
  EndedParams,
  HelperInfo,
  ProcessInfo,
  StartParams,
  StartResult,
  StopResult,
} from "../wire/protocol.gen";
import type { Failure, ReachPhase, Selection, Target } from "./state";

/** Undoes a subscription. */
export type Unsubscribe = () => void;

/** The helper as a session uses it; every call rejects with a catalogue error or an AbortError. */
export interface HelperClient {
  readonly info: HelperInfo;
  /** False once the link is gone; nothing brings it back. */
  readonly isOpen: boolean;
  listProcesses(signal: AbortSignal): Promise<readonly ProcessInfo[]>;
  doctor(signal: AbortSignal): Promise<DoctorReport>;
  /** `onProgress` is told what the helper is doing meanwhile, in words. */
  start(
    params: StartParams,
    signal: AbortSignal,
    onProgress: (message: string) => void,
  ): Promise<StartResult>;
  stop(sessionId: number): Promise<StopResult>;
  acknowledge(sessionId: number, sequence: number): void;
  /** The text behind an emberline-source URI. */
  readContent(uri: string, signal: AbortSignal): Promise<string>;
  onDelta(listener: (delta: Delta) => void): Unsubscribe;
  onEnded(listener: (ended: EndedParams) => void): Unsubscribe;
  /** Called once when the link is lost without having been closed by us. */
  onLost(listener: (failure: Failure) => void): Unsubscribe;
  /** Shuts the helper down politely, then closes the link. Safe to call twice. */
  close(): Promise<void>;
}

/** Reaches a host and starts the helper there. */
export type Connect = (
  target: Target,
  onPhase: (phase: ReachPhase, detail: string) => void,
  signal: AbortSignal,
) => Promise<HelperClient>;

/** Answers of the process picker: a selection, one step back, or gone away. */
export type ProcessAnswer = Selection | "back" | undefined;

/** What the session asks a person. An aborted signal closes the question and answers undefined. */
export interface Questions {
  chooseHost(signal: AbortSignal): Promise<Target | undefined>;
  /** `list` is called again and again while the picker is open. */
  chooseProcesses(
    target: Target,
    helper: HelperInfo,
    list: () => Promise<readonly ProcessInfo[]>,
    signal: AbortSignal,
  ): Promise<ProcessAnswer>;
}

/** How to sample; frequency in Hz. */
export interface SamplingOptions {
  readonly frequencyHz: number;
  readonly native: boolean;
  readonly kernel: boolean;
}
