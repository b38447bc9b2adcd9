import { expect, test } from "vitest";
import { absent, interpreters, places } from "./support/matrix";

/** A build that could not be made is told by name; it has no cell in the table. */
for (const { name, why } of absent) test.skip(`${name} was not built: ${why}`, () => {});

test("no two interpreters have the same label", () => {
  const labels = [...interpreters, ...places].map((one) => one.label);
  expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([]);
});
