import { expect, test } from "vitest";
import { URI } from "vscode-uri";
import { parseSourceUri, sourceUriParts, sourceUriText } from "./sourceUri";

const sources = [
  { remotePath: "/srv/app/server.py", pid: 42 },
  { remotePath: "/srv/my app/ä#1?.py", pid: 1 },
  { remotePath: "/srv/100%/x.py", pid: 4194304 },
];

test.for(sources)("$remotePath survives the editor's URI", (source) => {
  const uri = URI.from(sourceUriParts(source));
  expect(parseSourceUri(URI.parse(uri.toString()))).toEqual(source);
});

test.for(sources)("$remotePath reaches the helper as path and pid", (source) => {
  // The WHATWG parser stands in for Go's url.Parse: both split at the first ? and decode the path.
  const parsed = new URL(sourceUriText(source));
  expect(parsed.protocol).toBe("emberline-source:");
  expect(decodeURIComponent(parsed.pathname)).toBe(source.remotePath);
  expect(parsed.searchParams.get("pid")).toBe(String(source.pid));
});

test.for([
  { scheme: "file", path: "/a.py", query: "pid=1" },
  { scheme: "emberline-source", path: "/a.py", query: "" },
  { scheme: "emberline-source", path: "/a.py", query: "pid=-1" },
  { scheme: "emberline-source", path: "a.py", query: "pid=1" },
])("%o is no remote source", (uri) => {
  expect(parseSourceUri(uri)).toBeUndefined();
});
