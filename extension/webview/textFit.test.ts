import { expect, test } from "vitest";
import { TextFit } from "./textFit";

/** Every character is 10 wide. */
function makeFit() {
  let measured = 0;
  const fit = new TextFit((text) => {
    measured++;
    return text.length * 10;
  });
  return { fit, measured: () => measured };
}

test.each([
  ["apply", 50, "apply"],
  ["apply_discounts", 100, "apply_dis…"],
  ["apply_discounts", 109, "apply_dis…"],
  ["apply_discounts", 40, "app…"],
  ["apply_discounts", 39, ""],
  ["ab", 10, ""],
  ["", 0, ""],
])("%j in %d is %j", (text, room, expected) => {
  expect(makeFit().fit.fit(text, room)).toBe(expected);
});

test("a name that is drawn again is not measured again", () => {
  const { fit, measured } = makeFit();
  fit.fit("apply", 80);
  const once = measured();
  for (let i = 0; i < 10; i++) fit.fit("apply", 80);
  expect(measured()).toBe(once);
});
