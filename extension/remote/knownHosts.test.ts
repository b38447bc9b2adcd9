import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { describe, expect, it } from "vitest";

import {
  formatKnownHost,
  judgeHostKey,
  orderHostKeyAlgorithms,
  parseKnownHosts,
  sha256Fingerprint,
} from "./knownHosts";

const blob = (type: string, body: string) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  return Buffer.concat([head, Buffer.from(type + body)]);
};
const ED = blob("ssh-ed25519", "good");
const ED_OTHER = blob("ssh-ed25519", "evil");
const RSA = blob("ssh-rsa", "good");
const b64 = (key: Buffer) => key.toString("base64");
const ed = `ssh-ed25519 ${b64(ED)}`;
const edOther = `ssh-ed25519 ${b64(ED_OTHER)}`;
const rsa = `ssh-rsa ${b64(RSA)}`;

describe("judgeHostKey", () => {
  const cases: { name: string; text: string; host?: string; port?: number; expected: string }[] = [
    { name: "an empty file", text: "", expected: "unknown" },
    { name: "a plain line", text: `web ${ed}`, expected: "match" },
    { name: "a comment after the key", text: `web ${ed} ann@desk`, expected: "match" },
    { name: "a list of names", text: `10.0.0.1,web ${ed}`, expected: "match" },
    { name: "another case", text: `WEB ${ed}`, host: "Web", expected: "match" },
    { name: "a wildcard", text: `*.example ${ed}`, host: "a.example", expected: "match" },
    {
      name: "a negation",
      text: `*.example,!a.example ${ed}`,
      host: "a.example",
      expected: "unknown",
    },
    { name: "another host", text: `web2 ${ed}`, expected: "unknown" },
    { name: "another key of the type", text: `web ${edOther}`, expected: "changed" },
    {
      name: "two keys of the type, one right",
      text: `web ${edOther}\nweb ${ed}`,
      expected: "match",
    },
    { name: "another type only", text: `web ${rsa}`, expected: "other-type" },
    { name: "a port", text: `[web]:2222 ${ed}`, port: 2222, expected: "match" },
    { name: "the wrong port", text: `[web]:2222 ${ed}`, port: 2223, expected: "unknown" },
    { name: "a port, known without it", text: `web ${ed}`, port: 2222, expected: "match" },
    {
      name: "a port, another key without it",
      text: `web ${edOther}`,
      port: 2222,
      expected: "unknown",
    },
    {
      name: "a changed key on the port",
      text: `[web]:2222 ${edOther}\nweb ${ed}`,
      port: 2222,
      expected: "changed",
    },
    { name: "a wildcard port", text: `[*]:2222 ${ed}`, port: 2222, expected: "match" },
    { name: "revoked", text: `@revoked web ${ed}`, expected: "revoked" },
    {
      name: "revoked everywhere outweighs a match",
      text: `web ${ed}\n@revoked * ${ed}`,
      expected: "revoked",
    },
    { name: "another key revoked", text: `@revoked * ${edOther}\nweb ${ed}`, expected: "match" },
    {
      name: "a certificate authority is no host key",
      text: `@cert-authority web ${ed}`,
      expected: "unknown",
    },
    { name: "an unknown marker", text: `@nonsense web ${ed}`, expected: "unknown" },
    {
      name: "comments, blanks and broken lines",
      text: `# web ${ed}\n\nweb\nweb ssh-rsa\n  web ${ed}\n`,
      expected: "match",
    },
    { name: "a broken hash", text: `|1|x ${ed}\n|2|eA==|eA== ${ed}`, expected: "unknown" },
  ];
  it.each(cases)("$name: $expected", ({ text, host = "web", port = 22, expected }) => {
    const entries = parseKnownHosts(text, "known_hosts");
    expect(judgeHostKey(entries, { name: host, port }, ED).kind).toBe(expected);
  });

  it("names the line that disagrees", () => {
    const entries = parseKnownHosts(`\nweb ${edOther}`, "/h/known_hosts");
    expect(judgeHostKey(entries, { name: "web", port: 22 }, ED)).toMatchObject({
      kind: "changed",
      known: { place: "/h/known_hosts:2" },
    });
  });

  it("uses a HostKeyAlias without any port", () => {
    const entries = parseKnownHosts(`cluster ${ed}`, "f");
    expect(judgeHostKey(entries, { name: "cluster", port: undefined }, ED).kind).toBe("match");
  });
});

describe("against ssh-keygen", () => {
  const withKey = (check: (dir: string, key: Buffer) => void) => {
    const dir = mkdtempSync(path.join(tmpdir(), "emberline-kh-"));
    try {
      const file = path.join(dir, "key");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
      const key = Buffer.from(readFileSync(`${file}.pub`, "utf8").split(" ")[1] ?? "", "base64");
      check(dir, key);
    } finally {
      rmSync(dir, { recursive: true });
    }
  };

  it("prints the same fingerprint", () => {
    withKey((dir, key) => {
      const printed = execFileSync("ssh-keygen", ["-lf", path.join(dir, "key.pub")], {
        encoding: "utf8",
      });
      expect(printed.split(" ")[1]).toBe(sha256Fingerprint(key));
    });
  });

  it("finds what we write, hashed or not, and we what it hashes", () => {
    withKey((dir, key) => {
      const file = path.join(dir, "known_hosts");
      const identity = { name: "Web.example", port: 2222 };
      for (const hashed of [false, true]) {
        writeFileSync(file, formatKnownHost(identity, key, hashed));
        expect(readFileSync(file, "utf8").startsWith("|1|")).toBe(hashed);
        const found = execFileSync("ssh-keygen", ["-F", "[web.example]:2222", "-f", file], {
          encoding: "utf8",
        });
        expect(found).toContain(key.toString("base64"));
      }
      writeFileSync(file, formatKnownHost(identity, key, false));
      execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
      const hashedByIt = readFileSync(file, "utf8");
      expect(hashedByIt.startsWith("|1|")).toBe(true);
      expect(judgeHostKey(parseKnownHosts(hashedByIt, file), identity, key).kind).toBe("match");
    });
  });
});

describe("orderHostKeyAlgorithms", () => {
  const supported = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
  ];
  it.each([
    ["", supported],
    [
      `web ${rsa}`,
      ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"],
    ],
    [`@revoked web ${rsa}`, supported],
    [
      `web ecdsa-sha2-nistp256 AAAA\nweb ${ed}`,
      ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
    ],
    ["web sk-ssh-ed25519@openssh.com AAAA", supported],
  ])("%j", (text, expected) => {
    const entries = parseKnownHosts(text, "f");
    expect(orderHostKeyAlgorithms(entries, { name: "web", port: 2222 }, supported)).toEqual(
      expected,
    );
  });
});
