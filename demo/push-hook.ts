/**
 * The shop's repository tells the demo what was pushed to it: `post-receive` of Git, which gives lines `before after ref`. What the demo
 * answers is shown to the one who pushes.
 */
import { text } from 'node:stream/consumers';

const [address = ''] = process.argv.slice(2);
const answer = await fetch(address, { method: 'POST', body: await text(process.stdin) }).then(
  (response) => response.text(),
  () => 'The demo is not running: nothing starts.\n',
);
process.stdout.write(answer);
