/** The middle value; of an even number, the mean of the two. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The BPF programs' time for one sample of the target, in µs. */
export const bpfUs = (recording) =>
  recording.samples === 0 ? 0 : recording.bpf_ns / recording.samples / 1_000;

/** What the helper and its BPF programs take of one core while nothing is new, in percent. */
export const steadyPercent = ({ steady }) =>
  ((steady.helperNs + steady.bpfNs) / 1e9 / steady.seconds) * 100;

/** Stacks delivered of those that the target's CPU time should have given, in percent. */
export const deliveredPercent = (recording) => (recording.samples / recording.expected) * 100;

/** Stacks with an error or cut, in percent. */
export const badPercent = (recording) =>
  ((recording.error_stacks + recording.truncated_stacks) / recording.samples) * 100;

/** A number for a table, with so many digits after the point. */
export const round = (value, digits = 2) => Number(value.toFixed(digits));

/** A figure that is to be reached: the greatest or the least value that is good. */
export const atMost = (name, value, limit) => ({ name, value, limit, isReached: value <= limit });
export const atLeast = (name, value, limit) => ({ name, value, limit, isReached: value >= limit });
