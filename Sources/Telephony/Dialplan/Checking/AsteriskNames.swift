/// What Asterisk has and we may not: who writes such a name has made no typing error.
enum AsteriskNames {
  /// In lower case.
  static let applications: Set<String> = [
    "addqueuemember", "adsiprog", "agentlogin", "agentrequest", "alarmreceiver", "amd", "attendedtransfer", "audiosocket",
    "bridge", "bridgeadd", "bridgewait", "calleridsuppress", "cancelcallbusyfast", "cancelccbs", "celgenuserevent",
    "changemonitor", "chanisavail", "channelredirect", "chanspy", "clearhash", "confbridge", "confkick", "controlplayback",
    "dbdel", "dbdeltree", "deadagi", "dictate", "directory", "disa", "dumpchan", "exec", "extenspy", "externalivr",
    "festival", "flash", "followme", "forkcdr", "getcpeid", "hangupcauseclear", "icess", "importvar", "incomplete",
    "ivrdemo", "jabberjoin", "jabbersend", "jack", "mailboxexists", "minivmgreet", "minivmrecord", "mixmonitor", "monitor",
    "morsecode", "mp3player", "nbscat", "nocdr", "osploookup", "page", "park", "parkandannounce", "parkedcall",
    "pausequeuemember", "pausemonitor", "pickup", "pickupchan", "privacymanager", "queueupdate", "raiseexception", "reload",
    "receivefax", "receivetext", "removequeuemember", "resetcdr", "retrydial", "sayalphacase", "saycountedadj",
    "saycountednoun", "saycountpl", "sayphonetic", "sendfax", "sendimage", "sendurl", "sipaddheader", "sipdtmfmode",
    "sipremoveheader", "skel", "sla", "slastation", "slatrunk", "sms", "softhangup", "speechbackground", "speechcreate",
    "stasis", "stopmixmonitor", "stopmonitor", "stream", "streamecho", "testclient", "testserver", "transfer", "trysystem",
    "unpausemonitor", "unpausequeuemember", "vmauthenticate", "vmsayname", "voicemailplaymsg", "waitdigit",
    "waitforcondition", "waitfornoise", "waitforring", "waitforsilence", "waitforring", "waituntil", "zapateller",
  ]

  static let functions: Set<String> = [
    "AES_DECRYPT", "AES_ENCRYPT", "AGC", "AGENT", "AMI_CLIENT", "AUDIOHOOK_INHERIT", "BLACKLIST", "CALENDAR_BUSY",
    "CALLCOMPLETION", "CALLERPRES", "CDR", "CDR_PROP", "CHANNELS", "CHECKSIPDOMAIN", "CONFBRIDGE", "CONFBRIDGE_INFO",
    "CSV_QUOTE",
    "CURLOPT", "DENOISE", "DIALGROUP", "DIALPLAN_EXISTS", "DUNDILOOKUP", "ENUMLOOKUP", "ENV", "EVAL", "FAXOPT",
    "FEATURE", "FEATUREMAP", "FILE", "FRAME_TRACE", "HINT", "HOLD_INTERCEPT", "IAXPEER", "JITTERBUFFER", "JSON_DECODE", "LOCK",
    "MAILBOX_EXISTS", "MASTER_CHANNEL", "MEETME_INFO", "MINIVMACCOUNT", "MIXMONITOR", "MUTEAUDIO", "ODBC", "PERIODIC_HOOK",
    "PITCH_SHIFT",
    "PJSIP_AOR", "PJSIP_CONTACT", "PJSIP_DIAL_CONTACTS", "PJSIP_ENDPOINT", "PJSIP_HEADER", "PJSIP_HEADERS", "PJSIP_MEDIA_OFFER",
    "PP_EACH_EXTENSION", "PRESENCE_STATE", "QUEUE_GET_CHANNEL", "QUEUE_MEMBER_LIST", "REALTIME", "SAYFILES", "SCRAMBLE",
    "SHARED", "SHELL",
    "SIPPEER", "SIP_HEADER", "SIP_HEADERS", "SMDI_MSG", "SORT", "SPEECH", "SRVQUERY", "STACK_PEEK", "STAT", "SYSINFO",
    "TALK_DETECT",
    "TESTTIME", "TRANSFER_DATA", "TRYLOCK", "UNLOCK", "VALID_EXTEN", "VERSION", "VMCOUNT", "VM_INFO", "VOLUME",
  ]
}
