"""The whole system on one machine: RabbitMQ, mongod and the services as child processes of one
launcher."""
