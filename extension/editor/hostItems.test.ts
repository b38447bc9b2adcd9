import { expect, test } from "vitest";
import { hostChoices, RECENT_HOSTS_MAX, rememberHost, type HostChoice } from "./hostItems";

const nothing = { typed: "", recent: [], aliases: [], configured: [] };
const short = (choices: HostChoice[]) => choices.map((c) => `${c.origin} ${c.destination}`);

test.for<[string, Parameters<typeof hostChoices>[0], string[]]>([
  ["nothing known, nothing typed", nothing, []],
  [
    "a host is listed once, under its first origin",
    { typed: "", recent: ["a"], aliases: ["a", "b"], configured: ["b", "c"] },
    ["recent a", "config b", "setting c"],
  ],
  [
    "what is typed comes first",
    { ...nothing, typed: " me@h:2222 ", aliases: ["a"] },
    ["typed me@h:2222", "config a"],
  ],
  ["typing a known host adds nothing", { ...nothing, typed: "a", aliases: ["a"] }, ["config a"]],
])("%s", ([, input, expected]) => {
  expect(short(hostChoices(input))).toEqual(expected);
});

test("the newest host is first and the list is bounded", () => {
  const many = Array.from({ length: RECENT_HOSTS_MAX + 3 }, (_, i) => `h${i}`);
  const recent = many.reduce<string[]>(rememberHost, []);
  expect(recent).toHaveLength(RECENT_HOSTS_MAX);
  expect(recent[0]).toBe(many.at(-1));
  expect(rememberHost(recent, recent[2]!)).toHaveLength(RECENT_HOSTS_MAX);
});
