/** Addresses for the processes under test. */
export interface RabbitMqEnv {
  AMQP_URL: string;
  /** With user and password in it. */
  RABBITMQ_MANAGEMENT_URL: string;
}

export interface ProvisionedRabbitMq {
  env: RabbitMqEnv;
  /** Ends only the processes started for this call. May be called twice. */
  stop(): Promise<void>;
}

/** A node of one's own, to be maltreated. Its addresses stay the same until `stop()`. */
export interface RabbitMqNode extends ProvisionedRabbitMq {
  amqpUrl: string;
  managementUrl: string;
  /** Undefined when the node runs in a container. */
  logFile: string | undefined;
  /** Stops in good order and starts again on the same data. */
  restart(): Promise<void>;
  /** Kill -9, as a power failure would. */
  stopNode(): Promise<void>;
  /** After `stopNode()`. @throws when it is running already or does not come up */
  startNode(): Promise<void>;
  /** While it is on, the node blocks every connection that publishes. */
  setMemoryAlarm(isOn: boolean): Promise<void>;
  closeAllConnections(): Promise<void>;
  /** `rabbitmqctl` on this node. @returns its output @throws with its output when it fails */
  ctl(...args: string[]): Promise<string>;
}

export interface RabbitMqOptions {
  /** Kept at the end, except in docker. @default a temporary folder, removed at the end */
  dataFolder?: string;
  /** Those and no others. @default those that are preferred, or any */
  ports?: { amqp?: number | undefined; management?: number | undefined };
  /** Taken when they are free. @default any free ports */
  preferredPorts?: { amqp: number; management: number };
  /** Told, with the end of its log, when the node ended though nobody stopped it. @default nobody is told */
  onUnexpectedEnd?: (logEnd: string) => void;
  /** Receives progress messages. @default they are dropped */
  log?: (line: string) => void;
}

/**
 * The RabbitMQ that `AMQP_URL` names, else one of our own.
 *
 * @throws ProvisionError whose message says how to get RabbitMQ
 */
export function provisionRabbitMq(options?: RabbitMqOptions): Promise<ProvisionedRabbitMq>;

/**
 * A RabbitMQ of one's own, whether or not `AMQP_URL` is set: in docker when an engine runs, else a private node of the
 * installed RabbitMQ, else of one installed with apt-get. With a `dataFolder` an installed one comes before docker.
 *
 * @throws ProvisionError whose message says how to get RabbitMQ; Error whose message names the port that cannot be had
 */
export function startRabbitMq(options?: RabbitMqOptions): Promise<RabbitMqNode>;
