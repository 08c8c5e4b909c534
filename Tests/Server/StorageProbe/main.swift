switch CommandLine.arguments.dropFirst().first {
case "facts": Probe.writeFacts()
case "migrate": Probe.migrate()
case "bench": await Probe.bench()
default: Probe.fail("storage-probe facts|migrate|bench PATH")
}
