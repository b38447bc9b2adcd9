import { describe, expect, test } from "vitest";
import { remoteError } from "../remote/errors";
import { HelperError } from "../wire/errors";
import { helperErrors, type HelperErrorCode } from "../wire/protocol.gen";
import { failures, isAbort, SessionError, toFailure } from "./failures";

const codes = Object.keys(helperErrors) as HelperErrorCode[];

describe("a failure of the helper", () => {
  test.each(codes)("%s has its sentence and one next step", (code) => {
    const failure = toFailure(new HelperError(code, "It is like this"));
    expect(failure).toMatchObject({ code, message: "It is like this." });
    expect(failure.nextStep).toMatch(/^[A-Z].+[.)]$/);
    expect(failure.nextStep, "no command line in an editor").not.toMatch(/emberline-helper|--\w/);
  });
});

describe("whatever is thrown becomes a failure", () => {
  test.each<[string, unknown, string]>([
    ["a remote error", remoteError("link-lost", { host: "web1" }), "link-lost"],
    ["a session error", failures.linkClosed(), "link-closed"],
    ["a helper error", new HelperError("no-btf", "There is no BTF."), "no-btf"],
    ["a defect", new TypeError("x is undefined"), "internal"],
    ["no error at all", "boom", "internal"],
  ])("%s", (_name, error, code) => {
    const failure = toFailure(error);
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(/\.$/);
    expect(failure.nextStep).not.toBe("");
  });

  test("a sentence of the helper ends with one full stop and fits a line", () => {
    const { message } = toFailure(new HelperError("internal", "It broke.\n  badly."));
    expect(message).toBe("It broke. badly.");
  });
});

test("an abort is told from a failure", () => {
  expect(isAbort(remoteError("cancelled", {}))).toBe(true);
  expect(isAbort(new DOMException("x", "AbortError"))).toBe(true);
  expect(isAbort(failures.linkClosed())).toBe(false);
});

describe("a run that ended by itself", () => {
  const stats = {} as Parameters<typeof failures.ended>[0]["stats"];
  const ended = (reason: string) =>
    failures.ended({ sessionId: 1, reason, message: "The sampler stopped.", stats });

  test("because its targets ended", () => {
    expect(ended("targets-exited").message).toBe("The profiled program has ended.");
  });

  test("for a reason of the catalogue keeps the samples and says what to do", () => {
    expect(ended("bpf-forbidden")).toMatchObject({
      code: "bpf-forbidden",
      message: "The sampler stopped.",
      nextStep: expect.stringMatching(/bpf system call.+samples.+kept\.$/),
    });
  });

  test("for an unknown reason keeps the samples", () => {
    expect(ended("meteor").nextStep).toBe("The samples received so far are kept.");
  });
});

test("a session error reads as its failure", () => {
  const { failure } = failures.linkClosed();
  expect(new SessionError(failure).message).toBe(`${failure.message} ${failure.nextStep}`);
});
