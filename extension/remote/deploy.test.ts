import { describe, expect, test } from "vitest";
import { hasSamplingCapabilities, parseProbe, planDeploy, type Probe } from "./deploy";
import { RemoteError } from "./errors";

const lines = (...text: string[]) => `${text.join("\n")}\n`;

test("the probe's lines are read, whatever else is printed", () => {
  const probe = parseProbe(
    lines(
      "system Linux",
      "machine x86_64",
      "uid 1000",
      "user ann",
      "capabilities 0000000000000000",
      "sudo /usr/bin/sudo",
      "unfit /home/ann/.cache/emberline mounted noexec",
      "place /var/tmp/emberline-1000",
      "place /tmp/emberline-1000",
    ),
  );
  expect(probe).toEqual({
    system: "Linux",
    machine: "x86_64",
    facts: { uid: 1000, user: "ann", maySample: false, sudoPath: "/usr/bin/sudo" },
    presentPath: undefined,
    places: ["/var/tmp/emberline-1000", "/tmp/emberline-1000"],
    unfit: ["/home/ann/.cache/emberline mounted noexec"],
  });
});

describe("who may sample without sudo", () => {
  test.each([
    ["root", "uid 0", "capabilities 00000000a80425fb", true],
    ["a user with BPF, PERFMON and SYS_PTRACE", "uid 7", "capabilities 000000c000080000", true],
    ["a user with SYS_ADMIN and SYS_PTRACE", "uid 7", "capabilities 0000000000280000", true],
    ["a user without SYS_PTRACE", "uid 7", "capabilities 000000c000000000", false],
    ["a user without any", "uid 7", "capabilities 0000000000000000", false],
    ["a user on a host that does not tell", "uid 7", "", false],
  ])("%s", (_name, uid, capabilities, maySample) => {
    expect(parseProbe(lines(uid, capabilities)).facts.maySample).toBe(maySample);
  });

  test("a mask that is none is nobody's", () => {
    expect(hasSamplingCapabilities("ffffffffffffffffff")).toBe(false);
    expect(hasSamplingCapabilities("0x3f")).toBe(false);
  });
});

describe("planDeploy", () => {
  const probe = (more: Partial<Probe>): Probe => ({
    system: "Linux",
    machine: "x86_64",
    facts: { uid: 1000, user: "ann", maySample: false, sudoPath: undefined },
    presentPath: undefined,
    places: [],
    unfit: [],
    ...more,
  });
  const home = "/home/ann/.cache/emberline";
  const shared = ["/var/tmp/emberline-1000", "/tmp/emberline-1000"];

  test.each<[string, Partial<Probe>, boolean, object]>([
    [
      "what is there is used",
      { presentPath: `${home}/helper-1/emberline-helper` },
      false,
      { presentPath: `${home}/helper-1/emberline-helper` },
    ],
    [
      "a helper in a home that root cannot read is none",
      { presentPath: `${home}/helper-1/emberline-helper` },
      true,
      { presentPath: undefined, places: shared },
    ],
    [
      "the first place is the best",
      { places: [home, ...shared] },
      false,
      { places: [home, ...shared] },
    ],
    ["the home is left out on request", { places: [home, ...shared] }, true, { places: shared }],
    [
      "arm64 by its other name",
      { machine: "aarch64", places: [home] },
      false,
      { architecture: "linux-arm64" },
    ],
  ])("%s", (_name, more, outsideHome, plan) => {
    expect(planDeploy(probe(more), "web1", outsideHome)).toMatchObject(plan);
  });

  test.each<[string, Partial<Probe>, string]>([
    ["a Mac", { system: "Darwin" }, "not-linux"],
    ["a 32-bit machine", { machine: "armv7l" }, "unsupported-architecture"],
    ["no place", { unfit: ["/tmp/emberline-1000 not writable"] }, "deploy-no-place"],
  ])("%s is refused", (_name, more, code) => {
    const attempt = () => planDeploy(probe(more), "web1", false);
    expect(attempt).toThrow(RemoteError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });
});
