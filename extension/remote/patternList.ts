/**
 * OpenSSH's PATTERNS (ssh_config(5), match.c): `*` and `?`, lists with `!`.
 */

/** True when `text` matches the one pattern, with `*` and `?`. */
export function matchesPattern(pattern: string, text: string): boolean {
  // Two indices and one backtrack point: linear in practice, and no regular
  // expression is built from a file's content.
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    const char = pattern[p];
    if (char === "*") {
      starAt = p++;
      starText = t;
    } else if (char === "?" || (char !== undefined && char === text[t])) {
      p++;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** True when a pattern matches and no negated one does. A list of only negations never matches. */
export function matchesPatternList(patterns: readonly string[], text: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matchesPattern(pattern.slice(1), text)) return false;
    } else if (matchesPattern(pattern, text)) {
      matched = true;
    }
  }
  return matched;
}
