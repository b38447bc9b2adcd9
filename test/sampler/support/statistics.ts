/**
 * How far a share measured with n samples may be from the truth: four standard
 * deviations of the binomial distribution, which one run in 16,000 exceeds. A
 * timer that fires at equal distances errs less than independent draws would.
 */
export const shareError = (share: number, n: number) => 4 * Math.sqrt((share * (1 - share)) / n);

/**
 * How far a count may be from an expected number of timer hits, likewise; a
 * process that starts or ends between two hits adds one at each end.
 */
export const countError = (expected: number) => 4 * Math.sqrt(expected) + 2;
