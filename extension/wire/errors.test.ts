import { ResponseError } from "vscode-jsonrpc";
import { describe, expect, test } from "vitest";
import { HelperError, isRequestCancelled, readHelperInfo, toHelperError } from "./errors";
import { helperErrors } from "./protocol.gen";

describe("toHelperError", () => {
  test.each([
    ["a code of the catalogue", new ResponseError(-33004, "No BTF.", { code: "no-btf" }), "no-btf"],
    ["whatever the number says", new ResponseError(-1, "x", { code: "busy" }), "busy"],
    ["no data", new ResponseError(-33004, "No BTF."), undefined],
    ["a code that is none", new ResponseError(-33004, "x", { code: "no-such-code" }), undefined],
    ["a name every object has", new ResponseError(-1, "x", { code: "toString" }), undefined],
    ["data that is no object", new ResponseError(-33004, "x", "no-btf"), undefined],
    ["something else thrown", Object.assign(new Error("x"), { data: { code: "busy" } }), undefined],
  ])("%s", (_name, error, code) => {
    expect(toHelperError(error)?.code).toBe(code);
  });

  test("keeps the helper's sentence and takes the next step from the catalogue", () => {
    const error = toHelperError(
      new ResponseError(-33003, "Linux 4.19 is too old.", {
        code: "kernel-too-old",
        next: "made up",
      }),
    );
    expect(error).toBeInstanceOf(HelperError);
    expect(error?.message).toBe("Linux 4.19 is too old.");
    expect(error?.nextStep).toBe(helperErrors["kernel-too-old"].nextStep);
  });
});

test("a cancelled request is told by its number", () => {
  expect(isRequestCancelled(new ResponseError(-32800, "x"))).toBe(true);
  expect(isRequestCancelled(new ResponseError(-32603, "x"))).toBe(false);
  expect(isRequestCancelled(new Error("cancelled"))).toBe(false);
});

describe("readHelperInfo", () => {
  const info = {
    protocolVersion: 1,
    version: "0.1.0",
    buildHash: "ab",
    hostname: "web1",
    kernel: "6.1.0",
    architecture: "x86_64",
    pid: 7,
    uid: 0,
  };
  test.each<[string, unknown, boolean]>([
    ["all of it", { emberline: info }, true],
    ["nothing", undefined, false],
    ["another server's", { other: info }, false],
    ["a missing field", { emberline: { ...info, buildHash: undefined } }, false],
    ["a wrong type", { emberline: { ...info, protocolVersion: "1" } }, false],
  ])("%s", (_name, experimental, isInfo) => {
    expect(readHelperInfo(experimental)).toEqual(isInfo ? info : undefined);
  });
});
