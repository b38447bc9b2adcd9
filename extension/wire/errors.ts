/** The helper's failures on this side of the wire, told apart by `data.code` and by nothing else. */
import { ResponseError } from "vscode-jsonrpc";
import { helperErrors, type HelperErrorCode, type HelperInfo } from "./protocol.gen";

/** What rides in a JSON-RPC error's `data`. */
export interface HelperErrorData {
  readonly code: string;
  readonly next: string;
}

/** A failure of the helper's catalogue. `message` is one sentence that names the cause. */
export class HelperError extends Error {
  override readonly name = "HelperError";
  /** The next step for somebody at the command line; the editor may know a better one. */
  readonly nextStep: string;
  constructor(
    readonly code: HelperErrorCode,
    message: string,
  ) {
    super(message);
    this.nextStep = helperErrors[code].nextStep;
  }
}

/** The catalogue entry behind a failed request; undefined when it is none of the helper's. */
export function toHelperError(error: unknown): HelperError | undefined {
  if (!(error instanceof ResponseError)) return undefined;
  const { data } = error as ResponseError<unknown>;
  if (!isRecord(data) || !isHelperErrorCode(data["code"])) return undefined;
  return new HelperError(data["code"], error.message);
}

/** LSP 3.17's RequestCancelled: the far side gave up because we asked it to. */
const REQUEST_CANCELLED = -32800;

/** True when a request failed because its cancellation was honoured. */
export function isRequestCancelled(error: unknown): boolean {
  return error instanceof ResponseError && error.code === REQUEST_CANCELLED;
}

/** True for a code of the helper's catalogue. */
export function isHelperErrorCode(code: unknown): code is HelperErrorCode {
  return typeof code === "string" && Object.hasOwn(helperErrors, code);
}

/**
 * Reads `capabilities.experimental` of an initialize answer; undefined when it
 * is not from a helper. Whoever answered is checked before it is believed.
 */
export function readHelperInfo(experimental: unknown): HelperInfo | undefined {
  const info = isRecord(experimental) ? experimental["emberline"] : undefined;
  if (!isRecord(info)) return undefined;
  const texts = ["version", "buildHash", "hostname", "kernel", "architecture"];
  const numbers = ["protocolVersion", "pid", "uid"];
  const isWhole =
    texts.every((key) => typeof info[key] === "string") &&
    numbers.every((key) => typeof info[key] === "number");
  return isWhole ? (info as object as HelperInfo) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
