import { describe, expect, test } from "vitest";
import { bar, code, escapeText, quiet, table } from "./markdown";

/** Punctuation that is not escaped could be markup. */
const BARE = /(?<!\\)[!-/:-@[-`{-~]/;

describe("names from a profiled program are text", () => {
  test.each([
    "__memmove_avx_unaligned_erms",
    "std::vector<int, std::allocator<int> >::operator[](int)",
    "operator||",
    "a|b`c`*d*_e_~f~",
    "[click](command:workbench.action.terminal.new)",
    "![x](https://example.test/x.png)",
    "<img src=x onerror=alert(1)>",
    "</code></span><a href='command:x'>",
    "https://example.test www.example.test me@example.test",
    "&lt;b&gt; &#60;b&#62;",
    "back\\slash\\|pipe",
    "$(flame) codicon",
  ])("%s", (name) => {
    const escaped = escapeText(name);
    expect(escaped.replaceAll(/\\[!-/:-@[-`{-~]/g, "")).not.toMatch(BARE);
    expect(escaped.replaceAll(/\\([!-/:-@[-`{-~])/g, "$1")).toBe(name);
  });

  test("no line end leaves the cell, and nothing is invisible", () => {
    expect(escapeText("a\r\nb\tc\u2028d")).toBe("a  b c d");
    expect(escapeText("a\u202Eb\u0000c\u200Bd\u0007")).toBe("a\uFFFDb\uFFFDc\uFFFDd\uFFFD");
  });

  test("no name is longer than a row", () => {
    expect(Array.from(escapeText("𝄞".repeat(500)))).toHaveLength(64);
    expect(escapeText("x".repeat(65))).toBe(`${"x".repeat(63)}…`);
  });
});

test("code and quiet text are escaped within their tags", () => {
  expect(code("a<b")).toBe("<code>a\\<b</code>");
  expect(quiet("a_b")).toMatch(
    /^<span style="color:var\(--vscode-descriptionForeground\);">a\\_b</,
  );
  expect(quiet("")).toBe("");
});

// What VS Code's sanitizer lets through: src/vs/base/browser/markdownRenderer.ts.
const ALLOWED_STYLE =
  /^(color:(#[0-9a-fA-F]+|var\(--vscode(-[a-zA-Z0-9]+)+\));)?(background-color:(#[0-9a-fA-F]+|var\(--vscode(-[a-zA-Z0-9]+)+\));)?$/;

test("styles are such as VS Code keeps", () => {
  for (const html of [quiet("x"), bar(0.5, "emberline.nativeBar")]) {
    expect(/style="([^"]*)"/.exec(html)?.[1]).toMatch(ALLOWED_STYLE);
  }
});

test("a bar is as long as its share, never empty and never more than whole", () => {
  const cells = (share: number) => bar(share, "a.b").split("&nbsp;").length - 1;
  expect([0, 0.01, 0.34, 1, 3].map(cells)).toEqual([1, 1, 7, 20, 20]);
});

test("a table has its heading, a rule, and as many cells in every row", () => {
  const rows = [
    ["34%", "bar", "name"],
    ["", "", "more"],
  ];
  expect(table("In C", rows).trim().split("\n")).toEqual([
    `|  |  | ${quiet("In C")} |`,
    "| --: | :-- | :-- |",
    "| 34% | bar | name |",
    "|  |  | more |",
  ]);
  expect(table("In C", [])).toBe("");
});
