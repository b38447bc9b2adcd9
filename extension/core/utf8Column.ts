/**
 * Where a column of CPython's, in bytes of UTF-8, is in a line of a document, in
 * UTF-16 code units. null when it is not between two characters of the line: then
 * the line is not the one that the column was taken from.
 */
export function utf16Column(line: string, byteColumn: number): number | null {
  let bytes = 0;
  let units = 0;
  while (bytes < byteColumn && units < line.length) {
    const code = line.codePointAt(units)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += code < 0x10000 ? 1 : 2;
  }
  return bytes === byteColumn ? units : null;
}
