const express = require('express');

const app = express();
app.get('/', (request, response) => response.send('Node, built'));
app.get('/version', (request, response) => response.json({ express: require('express/package.json').version }));
app.listen(8080);
process.on('SIGTERM', () => process.exit(0));
