/** What `angarium help` prints. */
export const usage: string = `angarium: a mail transfer agent

  angarium serve [--config FILE] [--check]      run the server, or check its configuration
  angarium config schema                        print the JSON Schema of the configuration file
  angarium send --from A --to B [FILE]          hand a message (FILE or standard input) to the server
           [--config FILE | --server ADDRESS:PORT]
  angarium queue list [--filter KEY=VALUE]      what is in the queue
  angarium queue count [--by KEY] [--filter KEY=VALUE]
                                                how much, by destination, state, sender, source or age
  angarium queue show [--content] ID            one message, or its content
  angarium queue explain ID                     why a message is where it is
  angarium queue stats                          counts of recipients
  angarium queue destinations                   what is being delivered, and what is passed over
  angarium queue retry | hold [--because TEXT] | release [--early] | remove [--notify [--because TEXT]]
           | reroute --to DOMAIN
           ID... and --filter KEY=VALUE | --all change messages, or recipients of them
  angarium queue check [--repair]               look for faults in the queue, and mend them
  angarium queue backup DIR                     copy the queue, while mail flows
  angarium demo                                 run a server on this machine to play with
  angarium version
  angarium help

Filters: state=queued|leased|deferred|held, destination=DOMAIN, from=ADDRESS, to=ADDRESS, sender=NAME, source=ADDRESS,
older=TIME, newer=TIME; all given must match, those about recipients on one and the same.
queue takes --config and --json as well. Without --config the file is ./angarium.yaml or /etc/angarium/angarium.yaml.`
