import { isRemoteError, oneLine, reasonOf } from "../remote/errors";
import { HelperError, isHelperErrorCode } from "../wire/errors";
import { helperErrors, type EndedParams, type HelperErrorCode } from "../wire/protocol.gen";
import type { Failure } from "./state";

/** A failure as something that can be thrown. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  constructor(readonly failure: Failure) {
    super(`${failure.message} ${failure.nextStep}`);
  }
}

/** What can fail between a running helper and the results, besides the helper's and remote's catalogues. */
export const failures = {
  linkClosed: (): SessionError =>
    new SessionError({
      code: "link-closed",
      message: "The connection to the host is closed.",
      nextStep: "Profile the host again.",
    }),
  stopTimeout: (timeoutMs: number): SessionError =>
    new SessionError({
      code: "stop-timeout",
      message: `The helper did not answer the stop within ${timeoutMs / 1000} seconds.`,
      nextStep: "Go on with what was received; the helper ends when the connection closes.",
    }),
  badDelta: (): Failure => ({
    code: "bad-delta",
    message: "The helper sent samples that do not fit those before.",
    nextStep: "Profile again; if it happens again, report it with the Emberline log.",
  }),
  ended: (ended: EndedParams): Failure =>
    ended.reason === "targets-exited"
      ? {
          code: ended.reason,
          message: "The profiled program has ended.",
          nextStep: "Its samples are kept.",
        }
      : {
          code: ended.reason,
          message: ended.message,
          nextStep: isHelperErrorCode(ended.reason)
            ? `${helperNextStep(ended.reason)} The samples received so far are kept.`
            : "The samples received so far are kept.",
        },
} as const;

/**
 * Next steps where the helper's own is for the command line: these failures meet
 * a person who has a picker in front of them and no shell on the host.
 */
const editorNextSteps: { readonly [C in HelperErrorCode]?: string } = {
  usage: "Please report this with the Emberline log.",
  internal: "Please report this with the Emberline log.",
  "version-mismatch": "Profile again: the helper that fits is then put on the host.",
  "not-permitted": "Connect as root, or as a user who may use sudo.",
  "memory-forbidden":
    "Connect as root or as a user who may use sudo, or have kernel.yama.ptrace_scope set to 0 there.",
  "bpf-forbidden":
    "Profile the machine itself and not a container on it, or allow the bpf system call there.",
  "no-such-process": "Choose another process: the list shows those that run.",
  "not-python": "Choose another process: the list shows those that run Python.",
  output: "Please report this with the Emberline log.",
  "pid-namespace":
    "Profile the machine itself, or start the container there with the host's process ids.",
  "unsupported-python": "Choose another process: the list says which can be profiled, and why.",
};

/** The one next step for a person in the editor. */
export function helperNextStep(code: HelperErrorCode): string {
  return editorNextSteps[code] ?? helperErrors[code].nextStep;
}

/** Names that runtimes give to an abort; the person asked for it, so it is no failure. */
export function isAbort(error: unknown): boolean {
  return (
    isRemoteError(error, "cancelled") || (error instanceof Error && error.name === "AbortError")
  );
}

/** The catalogue entry behind whatever was thrown; anything else is a defect of ours and says so. */
export function toFailure(error: unknown): Failure {
  if (error instanceof SessionError) return error.failure;
  if (error instanceof HelperError) {
    const { code, message } = error;
    return { code, message: oneLine(message) + ".", nextStep: helperNextStep(code) };
  }
  if (isRemoteError(error)) {
    return { code: error.code, message: error.message, nextStep: error.nextStep };
  }
  return {
    code: "internal",
    message: `Emberline failed unexpectedly: ${reasonOf(error)}.`,
    nextStep: "Please report this with the Emberline log.",
  };
}
