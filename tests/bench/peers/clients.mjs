// What both peers share: three steps that write a row each, in a database of the peer's own, and clients that each start the next
// saga when theirs has ended.
import pg from "pg";

export const STEPS = ["pay", "reserve", "tell"];

const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE, max: 16 });

// A retry finds its row and leaves it.
export function write(step, saga) {
  return pool.query({
    name: step,
    text: `INSERT INTO ${step} (saga, at) VALUES ($1, now()) ON CONFLICT DO NOTHING`,
    values: [saga],
  });
}

export async function makeTables() {
  for (const step of STEPS) await pool.query(`CREATE TABLE ${step} (saga text PRIMARY KEY, at timestamptz NOT NULL)`);
}

async function rowsOf(step) {
  return Number((await pool.query(`SELECT count(*) FROM ${step}`)).rows[0].count);
}

// Runs `saga(id)` by so many clients. The warm-up counts for "sagas" and not for the rest. Prints one line of JSON when it begins
// to count and one when it has ended.
export async function load(saga) {
  const [clients, warm, seconds] = [process.env.PEER_CLIENTS, process.env.PEER_WARM, process.env.PEER_SECONDS].map(Number);
  const from = performance.now() + 1000 * warm;
  const until = from + 1000 * seconds;
  const took = [];
  let sagas = 0;
  setTimeout(() => console.log(JSON.stringify({ counting: true })), 1000 * warm);
  const client = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      await saga(`saga-${process.pid}-${++sagas}`);
      const ended = performance.now();
      if (ended >= from && ended <= until) took.push(ended - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
  const rows = await Promise.all(STEPS.map(rowsOf));
  console.log(JSON.stringify({ per_s: took.length / seconds, counted: took.length, p50_ms: at(0.5), p99_ms: at(0.99), sagas, rows }));
}
