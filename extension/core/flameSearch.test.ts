import { expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { CallTree } from "./callTree";
import { matchFunctions, searchTree, stepMatch } from "./flameSearch";

const profile = profileFromText(`
  x4                x3                 x2               x1
  main[app.py:10]   main[app.py:10]    main[app.py:11]  main[app.py:11]
  parse[json.py:5]  parse[json.py:5]   dump[json.py:9]  Sleep[app.py:50]
                    parse[json.py:6]
                    sha[n:libssl.so]
`);

function search(query: string, inverted = false) {
  const tree = new CallTree(profile, { inverted, hiddenKinds: 0, foldsInterpreter: false });
  const matching = matchFunctions(profile, query);
  if (matching === null) return null;
  const result = searchTree(tree, matching);
  const names = result.matches.map((node) => profile.functionName(tree.functionOf.at(node)));
  return { names: names.join(" "), samples: result.samples, share: result.share };
}

test.each([
  ["parse", { names: "parse parse", samples: 7, share: 0.7 }],
  ["  SLEEP ", { names: "Sleep", samples: 1, share: 0.1 }],
  ["json", { names: "parse parse dump", samples: 9, share: 0.9 }],
  ["json du", { names: "dump", samples: 2, share: 0.2 }],
  ["libssl", { names: "sha", samples: 3, share: 0.3 }],
  ["json.py:9", { names: "dump", samples: 2, share: 0.2 }],
  ["son.py:9", { names: "", samples: 0, share: 0 }],
  ["nothing", { names: "", samples: 0, share: 0 }],
  ["   ", null],
])("%j, a stack once however many frames match", (query, found) => {
  expect(search(query)).toEqual(found);
});

test("the share is the same either way up", () => {
  for (const query of ["parse", "json", "sha", "main"]) {
    expect(search(query, true)?.share).toBe(search(query)?.share);
  }
});

test("next and previous go round, widest first", () => {
  const tree = new CallTree(profile, { inverted: false, hiddenKinds: 0, foldsInterpreter: false });
  const result = searchTree(tree, matchFunctions(profile, "json")!);
  const first = stepMatch(result, -1, 1);
  const second = stepMatch(result, first, 1);
  const third = stepMatch(result, second, 1);
  expect([first, second, third]).toEqual(result.matches);
  expect(stepMatch(result, third, 1)).toBe(first);
  expect(stepMatch(result, first, -1)).toBe(third);
  expect(stepMatch({ ...result, matches: [] }, first, 1)).toBe(-1);
});
