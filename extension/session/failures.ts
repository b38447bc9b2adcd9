import { isRemoteError, reasonOf } from "../remote/errors";
import type { EndedParams } from "../wire/protocol.gen";
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
  linkLost: (host: string): Failure => ({
    code: "link-lost",
    message: `The connection to ${host} was lost.`,
    nextStep: "Connect again; what was received so far is kept.",
  }),
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
          nextStep: "The samples received so far are kept.",
        },
} as const;

/** Names that runtimes give to an abort; the person asked for it, so it is no failure. */
export function isAbort(error: unknown): boolean {
  return (
    isRemoteError(error, "cancelled") || (error instanceof Error && error.name === "AbortError")
  );
}

/** The catalogue entry behind whatever was thrown; anything else is a defect of ours and says so. */
export function toFailure(error: unknown): Failure {
  if (error instanceof SessionError) return error.failure;
  if (isRemoteError(error)) {
    return { code: error.code, message: error.message, nextStep: error.nextStep };
  }
  return {
    code: "internal",
    message: `Emberline failed unexpectedly: ${reasonOf(error)}.`,
    nextStep: "Please report this with the Emberline log.",
  };
}
