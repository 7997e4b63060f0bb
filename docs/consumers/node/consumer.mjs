// Keeps each ended scan once, as a file named by the event's id. Needs Node.js 20: npm ci
// MAILTALLY_CONSUMER_URL=amqp://consumer.NAME:... node consumer.mjs FOLDER
import amqp from "amqplib";
import { randomUUID } from "node:crypto";
import { link, mkdir, open, unlink } from "node:fs/promises";
import { join } from "node:path";

const url = process.env.MAILTALLY_CONSUMER_URL;
const folder = process.argv[2];
await mkdir(folder, { recursive: true });

async function keep(event) {
  const draft = join(folder, `.${randomUUID()}`); // the same event may be at work twice
  const file = await open(draft, "w");
  await file.writeFile(JSON.stringify({ type: event.type, scan: event.subject, ...event.data }));
  await file.sync();
  await file.close();
  // The link is there whole or not at all, and only one of two can make it: that is what makes the event count once.
  const news = await link(draft, join(folder, `${event.id}.json`)).then(() => true, (error) => {
    if (error.code !== "EEXIST") throw error;
    return false;
  });
  await unlink(draft);
  return news;
}

const connection = await amqp.connect(url);
connection.on("close", () => process.exit(1)); // whoever runs this starts it again
const channel = await connection.createChannel();
await channel.prefetch(100);
const { queue } = await channel.assertQueue(`${new URL(url).username}.ended`, { arguments: { "x-queue-type": "quorum" } });
for (const key of ["scan.completed.v1", "scan.failed.v1", "scan.cancelled.v1"]) {
  await channel.bindQueue(queue, "mailtally.events", key);
}
await channel.consume(queue, async (message) => {
  const event = JSON.parse(message.content);
  const news = await keep(event);
  channel.ack(message); // last: until now it would have come again
  console.log(news ? "kept" : "known", event.id);
});
console.log("ready");
