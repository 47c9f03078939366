import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** A row group is decoded as a whole; one that declares more than this is not read. */
const MAX_GROUP_BYTES = 512 * 1024 * 1024;
const MAX_GROUP_VALUES = 50_000_000;
/** Lines handed on at once. */
const BATCH = 1000;

export const PARQUET_MAGIC = [0x50, 0x41, 0x52, 0x31];

class ParquetError extends Error {
  override name = 'ParquetError';
}

/**
 * The rows of a Parquet file as JSON, one a line; row n is line n. Times become ISO 8601 in UTC, numbers beyond 2^53 stay
 * whole as text, bytes that are no text become hexadecimal.
 *
 * @throws ParquetError when a row group is too large; what came before it was yielded
 */
export async function* readParquet(path: string): AsyncIterable<Buffer> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const values = group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.num_values ?? 0), 0);
    if (Number(group.total_byte_size) > MAX_GROUP_BYTES || values > MAX_GROUP_VALUES)
      throw new ParquetError(
        `row group ${index + 1} of ${metadata.row_groups.length} declares ${group.total_byte_size} bytes and ${values} values`,
      );
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
    for (let at = 0; at < rows.length; at += BATCH)
      yield Buffer.from(
        rows
          .slice(at, at + BATCH)
          .map((row) => `${JSON.stringify(row, plain)}\n`)
          .join(''),
      );
    rowStart = rowEnd;
  }
}

function plain(this: Record<string, unknown>, key: string, shown: unknown): unknown {
  // What a Date was before JSON.stringify asked it.
  const value = this[key];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return ArrayBuffer.isView(value) ? [...(value as unknown as number[])] : shown;
}
