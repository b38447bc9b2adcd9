import { expect, test } from "vitest";
import { confirmByContent, isPlausible, PathMap, type PathCandidate } from "./pathMap";

function show(candidate: PathCandidate): string {
  return candidate.via === "mapping"
    ? `map ${candidate.localPath}`
    : `${candidate.matchedSegments} ${candidate.key}${candidate.isWholePath ? " whole" : ""}`;
}

const FILES = [
  "shop/app.py",
  "shop/cart/models.py",
  "billing/models.py",
  "tests/shop/cart/models.py",
  "app.py",
  "my_app.py",
].map((relativePath) => ({ key: relativePath, relativePath }));

test.each([
  ["/srv/www/shop/app.py", ["2 shop/app.py whole", "1 app.py whole"]],
  ["/srv/app.py", ["1 app.py whole", "1 shop/app.py"]],
  ["app.py", ["1 app.py whole", "1 shop/app.py"]],
  [
    "/opt/shop/cart/models.py",
    ["3 shop/cart/models.py whole", "3 tests/shop/cart/models.py", "1 billing/models.py"],
  ],
  ["/opt/shop/cart/other.py", []],
  ["<string>", []],
  ["<frozen importlib._bootstrap>", []],
  ["/", []],
])("%s may be %j", (remotePath, expected) => {
  expect(new PathMap(FILES, []).candidates(remotePath).map(show)).toEqual(expected);
});

test.each([
  ["/srv/www/shop/app.py", ["map /home/me/www/shop/app.py", "map /home/me/all/www/shop/app.py"]],
  ["/srv/wwwroot/x.py", ["map /home/me/all/wwwroot/x.py"]],
  ["/data/job/x.py", ["map C:\\work\\job\\x.py"]],
  ["/data", []],
])("mappings come first, the most specific one ahead: %s", (remotePath, expected) => {
  const map = new PathMap(
    [],
    [
      { remotePrefix: "/srv", localPrefix: "/home/me/all" },
      { remotePrefix: "/srv/www/", localPrefix: "/home/me/www/" },
      { remotePrefix: "/data", localPrefix: "C:\\work\\" },
    ],
  );
  expect(map.candidates(remotePath).map(show)).toEqual(expected);
});

test("Windows separators and case are the local side's business", () => {
  const files = [{ key: "w", relativePath: "Shop\\App.py" }];
  expect(new PathMap(files, [], true).candidates("/srv/shop/app.py").map(show)).toEqual([
    "2 w whole",
  ]);
  expect(new PathMap(files, [], false).candidates("/srv/shop/app.py")).toEqual([]);
});

test.each([
  ["/srv/shop/app.py", "shop/app.py", true],
  ["/srv/app.py", "app.py", true],
  ["/srv/app.py", "shop/app.py", false],
  ["/usr/lib/python3.11/json/decoder.py", "json/decoder.py", false],
  ["/v/lib/python3.13t/site-packages/app.py", "app.py", false],
])("%s without equal content may be %s: %s", (remotePath, local, plausible) => {
  const map = new PathMap([{ key: "k", relativePath: local }], []);
  expect(isPlausible(remotePath, map.candidates(remotePath)[0]!)).toBe(plausible);
});

const MODELS = "/opt/shop/cart/models.py";

test.each([
  {
    hashes: { "tests/shop/cart/models.py": "aa", "shop/cart/models.py": "bb" },
    remote: "aa",
    expected: "tests/shop/cart/models.py true",
  },
  {
    hashes: { "tests/shop/cart/models.py": "cc", "shop/cart/models.py": "bb" },
    remote: "aa",
    expected: "shop/cart/models.py false",
  },
  { hashes: { "shop/cart/models.py": "" }, remote: "", expected: "shop/cart/models.py false" },
  { hashes: { "billing/models.py": "bb" }, remote: "aa", expected: "null" },
  { hashes: {}, remote: "aa", expected: "null" },
])("content decides: $expected", async ({ hashes, remote, expected }) => {
  const known = new Map<string, string>(Object.entries(hashes));
  const candidates = new PathMap(FILES, []).candidates(MODELS);
  const found = await confirmByContent(MODELS, candidates, remote, async (candidate) =>
    candidate.via === "suffix" ? (known.get(candidate.key) ?? null) : null,
  );
  const shown =
    found?.candidate.via === "suffix" ? `${found.candidate.key} ${found.isSameContent}` : "null";
  expect(shown).toBe(expected);
});
