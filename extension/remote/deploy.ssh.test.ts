import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import { describeUnless } from "../../test/support/skip";
import { failureOf, makeStandIn, SshBox } from "../../test/support/sshBox";
import { whyNoSshd } from "../../test/support/sshd";
import type { TestUser } from "../../test/support/sshUsers";
import { exitText, runScript } from "./commandHost";
import { deployHelper, type DeployOptions } from "./deploy";
import { helperDirName, uploadScript } from "./hostScripts";
import type { SshSession } from "./sshSession";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describeUnless(whyNoSshd(), "deployHelper over a real sshd", () => {
  let box: SshBox;
  let user: TestUser;
  let session: SshSession;
  const standIn = makeStandIn();
  const hash = sha256(standIn.content);
  let cache: string;
  let shared: string;
  const cleanUps: (() => void)[] = [];

  beforeAll(async () => {
    box = await SshBox.start();
    user = box.addUser();
    session = await box.logIn(user.name);
    cache = path.join(user.home, ".cache");
    shared = `/var/tmp/emberline-${user.uid}`;
  }, 60_000);
  beforeEach(() => {
    for (const dir of [cache, shared, `/tmp/emberline-${user.uid}`]) {
      rmSync(dir, { recursive: true, force: true });
    }
  });
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
  });
  afterAll(async () => {
    rmSync(shared, { recursive: true, force: true });
    await box?.stop();
    standIn.remove();
  }, 60_000);

  const options = (more: Partial<DeployOptions> = {}): DeployOptions => ({
    binaries: standIn.binaries,
    signal: new AbortController().signal,
    onBytes: () => {},
    ...more,
  });
  const placed = (place: string, of = hash) =>
    path.join(place, helperDirName(of), "emberline-helper");
  const inCache = (of = hash) => placed(path.join(cache, "emberline"), of);

  function mountAtCache(mountOptions: string): void {
    mkdirSync(cache);
    execFileSync("mount", ["-t", "tmpfs", "-o", `${mountOptions},mode=1777`, "tmpfs", cache]);
    cleanUps.push(() => execFileSync("umount", ["-l", cache]));
  }

  it("uploads to a host that has none, for its owner alone", async () => {
    const seen: number[] = [];
    const helper = await deployHelper(
      session,
      options({ onBytes: (done, total) => seen.push(done / total) }),
    );
    expect(helper).toMatchObject({ path: inCache(), sha256: hash, uploaded: true });
    expect(helper.host).toMatchObject({ uid: user.uid, user: user.name, maySample: false });
    expect(readFileSync(inCache(), "utf8")).toBe(standIn.content);
    expect(statSync(inCache()).uid).toBe(user.uid);
    expect(statSync(path.dirname(inCache())).mode & 0o777).toBe(0o700);
    expect(readdirSync(path.dirname(inCache()))).toEqual(["emberline-helper"]);
    expect(existsSync(shared), "nothing is left where it is not").toBe(false);
    expect(seen.at(0)).toBe(0);
    expect(seen.at(-1)).toBe(1);
  });

  it("sends nothing when the right one is there", async () => {
    await deployHelper(session, options());
    const { ino } = statSync(inCache());
    const again = await deployHelper(
      session,
      options({ onBytes: () => expect.unreachable("it uploads") }),
    );
    expect(again).toMatchObject({ path: inCache(), uploaded: false });
    expect(statSync(inCache()).ino).toBe(ino);
  });

  it.each([
    ["other content", () => writeFileSync(inCache(), "#!/bin/sh\necho evil\n")],
    ["no permission to run", () => execFileSync("chmod", ["644", inCache()])],
    [
      "a link in its place",
      () => {
        rmSync(inCache());
        symlinkSync("/bin/true", inCache());
      },
    ],
    [
      "another owner",
      () => {
        chownSync(inCache(), 0, 0);
      },
    ],
  ])("replaces one with %s", async (_name, spoil) => {
    await deployHelper(session, options());
    spoil();
    const again = await deployHelper(session, options());
    expect(again).toMatchObject({ path: inCache(), uploaded: true });
    expect(readFileSync(inCache(), "utf8")).toBe(standIn.content);
    expect(statSync(inCache()).isFile()).toBe(true);
  });

  it("keeps other versions beside it, until nobody has put them there for a month", async () => {
    const dayMs = 24 * 60 * 60 * 1000;
    for (const [name, days] of [
      ["helper-00000000000000aa", 3],
      ["helper-00000000000000bb", 40],
    ] as const) {
      const dir = path.join(cache, "emberline", name);
      mkdirSync(dir, { recursive: true });
      const then = new Date(Date.now() - days * dayMs);
      utimesSync(dir, then, then);
    }
    execFileSync("chown", ["-R", user.name, cache]);
    await deployHelper(session, options());
    expect(readdirSync(path.join(cache, "emberline")).toSorted()).toEqual(
      ["helper-00000000000000aa", helperDirName(hash)].toSorted(),
    );
  });

  it("goes elsewhere when the cache is mounted noexec", async () => {
    mountAtCache("noexec");
    const helper = await deployHelper(session, options());
    expect(helper).toMatchObject({ path: placed(shared), uploaded: true });
  });

  it("goes elsewhere when the disk is full", async () => {
    mountAtCache("size=4k,nr_inodes=20");
    writeFileSync(path.join(cache, "ballast"), Buffer.alloc(4096));
    const helper = await deployHelper(session, options());
    expect(helper).toMatchObject({ path: placed(shared), uploaded: true });
    expect(readFileSync(placed(shared), "utf8")).toBe(standIn.content);
  });

  it("does not follow a link that stands where its directory should", async () => {
    mkdirSync(cache);
    chownSync(cache, user.uid, user.uid);
    symlinkSync("/tmp", path.join(cache, "emberline"));
    const helper = await deployHelper(session, options());
    expect(helper.path).toBe(placed(shared));
  });

  it("leaves the home alone when root cannot read it", async () => {
    const helper = await deployHelper(session, options({ outsideHome: true }));
    expect(helper.path).toBe(placed(shared));
    expect(existsSync(path.join(cache, "emberline"))).toBe(false);
  });

  it("says that no directory will do, and why", async () => {
    mkdirSync(cache);
    for (const place of [path.join(cache, "emberline"), shared, `/tmp/emberline-${user.uid}`]) {
      writeFileSync(place, "in the way");
      cleanUps.push(() => rmSync(place));
    }
    const error = await failureOf(deployHelper(session, options()));
    expect(error.code).toBe("deploy-no-place");
    expect(error.message).toContain(shared);
  });

  it("says that it does not run, and leaves none that could be started", async () => {
    const broken = makeStandIn("broken", "echo no such luck >&2; exit 1");
    cleanUps.push(() => broken.remove());
    const error = await failureOf(deployHelper(session, options({ binaries: broken.binaries })));
    expect(error.code).toBe("deploy-failed");
    expect(error.message).toContain("no such luck");
    expect(existsSync(inCache(sha256(broken.content)))).toBe(false);
  });

  it("refuses what arrived damaged", async () => {
    const { signal } = new AbortController();
    mkdirSync(shared, { mode: 0o700 });
    chownSync(shared, user.uid, user.uid);
    const script = uploadScript(shared, hash);
    const input = Buffer.from(`${standIn.content}#`);
    const result = await runScript(session, script, { what: "Upload", input }, signal);
    expect(exitText(result.exit)).toBe("exit status 83");
    expect(readdirSync(path.join(shared, helperDirName(hash)))).toEqual([]);
  });

  it("ends at once when cancelled in mid-upload, and leaves no half a helper", async () => {
    const big = makeStandIn("x".repeat(8 * 1024 * 1024));
    cleanUps.push(() => big.remove());
    const aborter = new AbortController();
    const onBytes = (done: number) => {
      // The channel's window is 2 MiB: by now the other side has begun to write.
      if (done > 4 * 2 ** 20) aborter.abort();
    };
    const deploying = deployHelper(
      session,
      options({ binaries: big.binaries, signal: aborter.signal, onBytes }),
    );
    expect((await failureOf(deploying)).code).toBe("cancelled");
    const dir = path.dirname(inCache(sha256(big.content)));
    await expect.poll(() => readdirSync(dir), { timeout: 5_000 }).toEqual([]);
  });

  it("lets two clients do it at once", async () => {
    const helpers = await Promise.all([
      deployHelper(session, options()),
      deployHelper(session, options()),
    ]);
    expect(helpers.map((helper) => helper.path)).toEqual([inCache(), inCache()]);
    expect(readFileSync(inCache(), "utf8")).toBe(standIn.content);
    expect(readdirSync(path.dirname(inCache()))).toEqual(["emberline-helper"]);
  });
});
