//! The real composition as it runs on an admin's Linux computer: `usersync` without `--demo`, a session bus with GNOME Keyring, a
//! folder of its own as home, and a company's proxy that inspects secure connections. Behind the proxy stands the simulator; the
//! program does not know. Needs the Debian packages dbus, gnome-keyring and libsecret-tools, which the set-up command installs.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod keychain;
#[cfg(test)]
mod network;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod session;
#[cfg(test)]
mod stage;
